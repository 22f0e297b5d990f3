"""The services of the API as their descriptors have them: who may call a method, what its request
must have, which of its members name a tenant. Made by protoc, so a new method is there by existing."""

import re
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

REQUIRED = 2  # google.api.FieldBehavior
STRING = descriptor_pb2.FieldDescriptorProto.TYPE_STRING


class Contract:
    def __init__(self, protoc, protos, folder):
        files = sorted(str(file.relative_to(protos)) for file in (protos / "carillon/v1").glob("*.proto"))
        path = folder / "contract.binpb"
        subprocess.run([protoc, f"--proto_path={protos}", "--include_imports",
                        f"--descriptor_set_out={path}", *files], check=True)
        self.pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file:
            self.pool.Add(file)
        self.patterns = {}
        self.methods = []
        for file in files:
            described = self.pool.FindFileByName(file)
            for message in described.message_types_by_name.values():
                resource = self.option(message, "google.api.resource")
                if resource.type:
                    self.patterns[resource.type] = list(resource.pattern)
            for service in described.services_by_name.values():
                self.methods += [Method(self, method) for method in service.methods]

    def option(self, described, name):
        """An option of a descriptor, parsed with the contract's own extensions."""
        options = described.GetOptions()
        kind = self.pool.FindMessageTypeByName(options.DESCRIPTOR.full_name)
        known = message_factory.GetMessageClass(kind).FromString(options.SerializeToString())
        return known.Extensions[self.pool.FindExtensionByName(name)]


class Member:
    """A member of a request that names something: `destination.name`, `parent`."""

    def __init__(self, path, pattern):
        self.path, self.pattern = path, pattern

    def name(self, tenant, rest="x"):
        return re.sub(r"\{\w+\}", rest, self.pattern.replace("{tenant}", tenant))


class Method:
    def __init__(self, contract, method):
        self.contract = contract
        self.name = f"{method.containing_service.full_name}/{method.name}"
        self.input = method.input_type
        self.streams = method.server_streaming or method.client_streaming
        self.reads = method.GetOptions().idempotency_level == 1  # NO_SIDE_EFFECTS
        access = contract.option(method, "carillon.v1.access")
        roles = contract.pool.FindEnumTypeByName("carillon.v1.Role").values_by_number
        scopes = contract.pool.FindEnumTypeByName("carillon.v1.Scope").values_by_number
        self.roles = {roles[role].name.removeprefix("ROLE_").lower() for role in access.roles}
        self.scope = scopes[access.scope].name.removeprefix("SCOPE_").lower()
        self.members = list(self.members_of(self.input, ""))
        self.required = [field.name for field in self.input.fields
                         if REQUIRED in contract.option(field, "google.api.field_behavior")]

    def members_of(self, message, prefix):
        """What of the request names resources, as deep as resources stand in it."""
        creates = "parent" in message.fields_by_name
        for field in message.fields:
            path = prefix + field.name
            reference = self.contract.option(field, "google.api.resource_reference")
            for kind, child in ((reference.type, False), (reference.child_type, True)):
                for pattern in self.contract.patterns.get(kind, [])[:1]:
                    yield Member(path, pattern.rsplit("/", 2)[0] if child else pattern)
            resource = field.message_type and self.contract.option(
                field.message_type, "google.api.resource")
            if resource and resource.type and not creates and not prefix:
                yield Member(f"{path}.name", resource.pattern[0])

    def of_tenant(self):
        """Those members that stand in a tenant."""
        return [member for member in self.members if member.pattern.startswith("tenants/{tenant}")]

    def request(self, tenant, rest="x"):
        """Names everything that the request can name; what it must have besides is empty."""
        request = {}
        for name in self.required:
            field = self.input.fields_by_name[name]
            repeated = field.label == field.LABEL_REPEATED
            request[name] = [] if repeated else "x" if field.type == STRING else {}
        for member in self.members:
            outer, _, inner = member.path.partition(".")
            repeated = self.input.fields_by_name[outer].label == 3
            if inner:
                request.setdefault(outer, {})[inner] = member.name(tenant, rest)
            elif outer in self.required or outer in ("name", "parent"):
                request[outer] = [member.name(tenant, rest)] if repeated else member.name(tenant, rest)
        return request
