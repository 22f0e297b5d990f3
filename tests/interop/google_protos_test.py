"""What proto/google repeats of Google's contracts is what everyone else's clients know: the same names,
numbers and types. Members that nobody uses here are missing, none is another."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from google.api import field_behavior_pb2, resource_pb2
from google.protobuf import descriptor_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
THEIRS = {module.DESCRIPTOR.name: module.DESCRIPTOR for module in
          (code_pb2, error_details_pb2, field_behavior_pb2, resource_pb2, status_pb2)}
OPTIONS = ("go_package", "java_multiple_files", "java_outer_classname", "java_package")


def ours():
    """Returns the files of proto/google as protoc reads them."""
    names = sorted(str(path.relative_to(PROTO)) for path in (PROTO / "google").rglob("*.proto"))
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run([os.environ["PROTOC"], f"--proto_path={PROTO}", f"--descriptor_set_out={out.name}",
                        *names], check=True, timeout=240)
        return {file.name: file for file in descriptor_pb2.FileDescriptorSet.FromString(out.read()).file}


def as_proto(descriptor):
    """Returns a generated file's own description."""
    file = descriptor_pb2.FileDescriptorProto()
    descriptor.CopyToProto(file)
    return file


def missing(mine, theirs):
    """Yields each of the elements that is not among theirs, as it is or by its own name."""
    known = {element.name: element for element in theirs}
    for element in mine:
        if element.name not in known:
            yield element.name
        else:
            yield from different(element, known[element.name])


def different(mine, theirs):
    """Yields what a message, an enum, or a field has otherwise."""
    if isinstance(mine, descriptor_pb2.DescriptorProto):
        yield from missing(mine.field, theirs.field)
        yield from missing(mine.nested_type, theirs.nested_type)
        yield from missing(mine.enum_type, theirs.enum_type)
        if mine.options.map_entry != theirs.options.map_entry:
            yield mine.name
    elif isinstance(mine, descriptor_pb2.EnumDescriptorProto):
        yield from missing(mine.value, theirs.value)
    elif isinstance(mine, descriptor_pb2.EnumValueDescriptorProto):
        if mine.number != theirs.number:
            yield mine.name
    else:
        for member in ("number", "type", "label", "type_name", "extendee"):
            if getattr(mine, member) != getattr(theirs, member):
                yield f"{mine.name}: {member}"


def differences(mine, theirs):
    """Returns what of one file is not as in theirs."""
    found = [name for name in OPTIONS if getattr(mine.options, name) != getattr(theirs.options, name)]
    for kind in ("message_type", "enum_type", "extension"):
        found += missing(getattr(mine, kind), getattr(theirs, kind))
    return found if mine.package == theirs.package else [*found, "package"]


class GoogleProtos(unittest.TestCase):
    def test_what_is_there_is_what_everyone_has(self):
        files = ours()
        self.assertEqual(sorted(files), sorted(THEIRS))
        for name, file in files.items():
            with self.subTest(name):
                self.assertEqual(differences(file, as_proto(THEIRS[name])), [])

    def test_each_difference_is_seen(self):
        file = ours()["google/rpc/error_details.proto"]
        theirs = as_proto(THEIRS[file.name])
        info = next(message for message in file.message_type if message.name == "ErrorInfo")
        info.field[0].number = 9
        info.field[1].name = "realm"
        del info.field[2]
        info.field.add(name="metadata", number=3, label=1, type=9)
        file.options.java_package = "org.example"
        self.assertEqual(differences(file, theirs), [
            "java_package", "reason: number", "realm", "metadata: type", "metadata: label",
            "metadata: type_name"])


if __name__ == "__main__":
    unittest.main()
