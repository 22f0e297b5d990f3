"""The services of the API as their descriptors have them: who may call a method, what its request
must have, which of its members name a tenant. Made by protoc, so a new one is there by existing."""

import re
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

# google.api.FieldBehavior
OPTIONAL, REQUIRED, OUTPUT_ONLY, INPUT_ONLY, IMMUTABLE = 1, 2, 3, 4, 5
STRING = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
REPEATED = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED


class Contract:
    def __init__(self, protoc, protos, folder):
        files = sorted(str(file.relative_to(protos))
                       for file in (protos / "carillon/v1").glob("*.proto"))
        path = folder / "contract.binpb"
        subprocess.run([protoc, f"--proto_path={protos}", "--include_imports",
                        f"--descriptor_set_out={path}", *files], check=True)
        self.pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file:
            self.pool.Add(file)
        self.patterns = {}
        self.resources = {}
        self.methods = []
        described = [self.pool.FindFileByName(file) for file in files]
        for file in described:
            for message in file.message_types_by_name.values():
                resource = self.option(message, "google.api.resource")
                if resource.type:
                    self.patterns[resource.type] = list(resource.pattern)
                    self.resources[resource.type] = message
        # When all patterns are known: what a method names may be of any file.
        for file in described:
            for service in file.services_by_name.values():
                self.methods += [Method(self, method) for method in service.methods]
        self.by_short = {method.short: method for method in self.methods}

    def option(self, described, name):
        """An option of a descriptor, parsed with the contract's own extensions."""
        options = described.GetOptions()
        kind = self.pool.FindMessageTypeByName(options.DESCRIPTOR.full_name)
        known = message_factory.GetMessageClass(kind).FromString(options.SerializeToString())
        return known.Extensions[self.pool.FindExtensionByName(name)]

    def behavior(self, field):
        return set(self.option(field, "google.api.field_behavior"))

    def rule(self, field):
        return self.option(field, "carillon.v1.rule")

    def kind_of(self, message):
        """The type of the resource that a message is, or None."""
        return (message and self.option(message, "google.api.resource").type) or None

    def walk(self, message, prefix="", above=()):
        """(path, field) of every member that a caller may give, as deep as messages go. What leads
        through a list has `[0]`; a message in itself is not looked into again."""
        for field in message.fields:
            if OUTPUT_ONLY in self.behavior(field):
                continue
            path = prefix + field.name
            yield path, field
            inner = field.message_type
            if inner and not is_map(field) and inner.full_name not in above and (
                    inner.full_name.startswith("carillon.")):
                mark = "[0]." if is_repeated(field) else "."
                yield from self.walk(inner, path + mark,
                                     (*above, message.full_name, inner.full_name))


def is_repeated(field):
    return field.label == REPEATED


def is_map(field):
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


class Member:
    """A member of a request that names something: `destination.name`, `parent`."""

    def __init__(self, path, pattern, kind, child):
        self.path, self.pattern, self.kind, self.child = path, pattern, kind, child

    def name(self, tenant, rest="x"):
        return re.sub(r"\{\w+\}", rest, self.pattern.replace("{tenant}", tenant))


class Method:
    def __init__(self, contract, method):
        self.contract = contract
        self.name = f"{method.containing_service.full_name}/{method.name}"
        self.short = method.name
        self.input, self.output = method.input_type, method.output_type
        self.streams = method.server_streaming or method.client_streaming
        self.reads = method.GetOptions().idempotency_level == 1  # NO_SIDE_EFFECTS
        access = contract.option(method, "carillon.v1.access")
        roles = contract.pool.FindEnumTypeByName("carillon.v1.Role").values_by_number
        scopes = contract.pool.FindEnumTypeByName("carillon.v1.Scope").values_by_number
        self.roles = {roles[role].name.removeprefix("ROLE_").lower() for role in access.roles}
        self.scope = scopes[access.scope].name.removeprefix("SCOPE_").lower()
        self.open = contract.option(method, "carillon.v1.credential_in_request")
        self.audited = access.audit == 2  # AUDIT_CHANGE
        self.members = list(self.members_of(self.input, ""))
        self.required = [field.name for field in self.input.fields
                         if REQUIRED in contract.behavior(field)]

    def members_of(self, message, prefix):
        """What of the request names resources, as deep as resources stand in it."""
        creates = "parent" in message.fields_by_name
        for field in message.fields:
            path = prefix + field.name
            reference = self.contract.option(field, "google.api.resource_reference")
            for kind, child in ((reference.type, False), (reference.child_type, True)):
                for pattern in self.contract.patterns.get(kind, [])[:1]:
                    yield Member(path, pattern.rsplit("/", 2)[0] if child else pattern, kind, child)
            resource = field.message_type and self.contract.option(
                field.message_type, "google.api.resource")
            named = field.message_type and field.message_type.fields_by_name.get("name")
            if named and 3 in self.contract.option(named, "google.api.field_behavior"):
                resource = None  # OUTPUT_ONLY: the server alone says it
            if resource and resource.type and not creates and not prefix:
                yield Member(f"{path}.name", resource.pattern[0], resource.type, False)

    def has(self, name):
        return name in self.input.fields_by_name

    def resource(self):
        """(member, kind) of the resource that the request carries, or (None, None)."""
        for field in self.input.fields:
            kind = self.contract.kind_of(field.message_type)
            if kind and REQUIRED in self.contract.behavior(field):
                return field.name, kind
        return None, None

    def etag(self):
        """The path of the etag that the request may carry, or None."""
        if self.has("etag"):
            return "etag"
        member, kind = self.resource()
        if member and self.short.startswith("Update") and (
                "etag" in self.contract.resources[kind].fields_by_name):
            return f"{member}.etag"
        return None

    @staticmethod
    def some(field):
        if field.type == STRING:
            return "x"
        if field.type == BYTES:
            return "eA=="
        is_time = field.message_type and field.message_type.name == "Timestamp"
        return "2026-01-01T00:00:00Z" if is_time else {}

    def of_tenant(self):
        """Those members that stand in a tenant."""
        return [member for member in self.members if member.pattern.startswith("tenants/{tenant}")]

    def request(self, tenant, rest="x"):
        """Names everything that the request can name; what it must have besides is empty."""
        request = {}
        for name in self.required:
            field = self.input.fields_by_name[name]
            request[name] = [] if is_repeated(field) else self.some(field)
        for member in self.members:
            outer, _, inner = member.path.partition(".")
            repeated = is_repeated(self.input.fields_by_name[outer])
            if inner:
                request.setdefault(outer, {})[inner] = member.name(tenant, rest)
            elif outer in self.required or outer in ("name", "parent"):
                name = member.name(tenant, rest)
                request[outer] = [name] if repeated else name
        return request
