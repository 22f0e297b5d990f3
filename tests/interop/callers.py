"""Clients of the API that others wrote, behind one method: `call`. Each answers
`(code, response or {"message", "details"})`, code as Connect spells it: `ok`, `not_found`, ..."""

import json
import re
import subprocess

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

DEADLINE = 120


def snake(text):
    return re.sub(r"(?=[A-Z])", "_", text).lower()


class LineCaller:
    """A program that reads a call a line and answers a line each: caller.js, go/main.go."""

    def __init__(self, command, errors):
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=errors, text=True)

    def call(self, service, method, request, token):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        print(json.dumps({"service": service, "method": method, "request": request,
                          "headers": headers}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        assert line, f"the client ended with {self.process.wait()}"
        told = json.loads(line)
        if told["code"] == "ok":
            return "ok", told["response"]
        return told["code"], {"message": told["message"], "details": told.get("details") or []}

    def close(self):
        self.process.stdin.close()
        self.process.wait(DEADLINE)
        self.process.stdout.close()


class WithToken(grpc.StreamStreamClientInterceptor):
    def __init__(self, token):
        self.metadata = [("authorization", f"Bearer {token}")]

    def intercept_stream_stream(self, continuation, details, requests):
        details = details._replace(metadata=self.metadata)
        return continuation(details, requests)


class Grpcio:
    """Python's grpcio, which learns services and messages by reflection."""

    def __init__(self, address, token):
        """The token is what reflection is asked with."""
        self.channel = grpc.insecure_channel(address)
        self.database = ProtoReflectionDescriptorDatabase(
            grpc.intercept_channel(self.channel, WithToken(token)))
        self.pool = descriptor_pool.DescriptorPool(self.database)
        self.services = self.database.get_services()

    def message(self, descriptor):
        return message_factory.GetMessageClass(descriptor)()

    def call(self, service, method, request, token):
        found = self.pool.FindServiceByName(service).methods_by_name[method]
        message = json_format.ParseDict(request, self.message(found.input_type),
                                        descriptor_pool=self.pool)
        answer = self.message(found.output_type)
        stub = self.channel.unary_unary(f"/{service}/{method}",
                                        request_serializer=lambda m: m.SerializeToString(),
                                        response_deserializer=type(answer).FromString)
        try:
            answer = stub(message, timeout=DEADLINE,
                          metadata=[("authorization", f"Bearer {token}")] if token else [])
        except grpc.RpcError as error:
            return self.failure(error)
        return "ok", json_format.MessageToDict(answer, descriptor_pool=self.pool)

    def failure(self, error):
        status = status_pb2.Status()
        for name, value in error.trailing_metadata():
            if name == "grpc-status-details-bin":
                status.ParseFromString(value)
        details = []
        for packed in status.details:
            name = packed.TypeName().rsplit(".", 1)[-1]
            detail = getattr(error_details_pb2, name)()
            assert packed.Unpack(detail), name
            details.append(json_format.MessageToDict(detail))
        return error.code().name.lower(), {"message": error.details(), "details": details}

    def close(self):
        self.channel.close()


class Grpcurl:
    """grpcurl, which learns services and messages by reflection, too."""

    def __init__(self, program, address, token):
        """The token is what reflection is asked with."""
        self.command = [str(program), "-plaintext", "-format-error", "-max-time", str(DEADLINE),
                        "-reflect-header", f"authorization: Bearer {token}"]
        self.address = address
        self.services = self.run("list").stdout.split()

    def run(self, *arguments, flags=()):
        return subprocess.run([*self.command, *flags, self.address, *arguments], text=True,
                              capture_output=True, timeout=2 * DEADLINE)

    def call(self, service, method, request, token):
        if "updateMask" in request:  # its JSON parser does not know how a mask is written
            paths = [snake(path) for path in request["updateMask"].split(",")]
            request = {**request, "updateMask": {"paths": paths}}
        flags = ["-d", json.dumps(request)]
        if token:
            flags += ["-rpc-header", f"authorization: Bearer {token}"]
        done = self.run(f"{service}/{method}", flags=flags)
        if done.returncode == 0:
            return "ok", json.loads(done.stdout)
        assert done.returncode > 64, done.stderr
        # Codes of gRPC end the program with 64 more.
        code = {code.value[0]: code.name.lower() for code in grpc.StatusCode}[done.returncode - 64]
        told = json.loads(done.stderr[done.stderr.index("{"):])
        details = [{name: value for name, value in detail.items() if name != "@type"}
                   for detail in told.get("details", [])]
        return code, {"message": told["message"], "details": details}

    def close(self):
        pass
