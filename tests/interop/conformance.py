"""What the cases that hold for every method share: a running carillond, and for each method of the
contract a call of it that succeeds (`fixture`). Most are made from the descriptors; `FIXTURES` and
`SAMPLES` have the rest. A method without one fails every case that asks for it."""

import base64
import hashlib
import http.client
import itertools
import json
import shutil
import subprocess
import urllib.parse

from google.protobuf import descriptor_pb2

from contract import Contract
from harness import PATIENCE, EndToEnd, eventually
from support import HERE

ROOT = HERE.parent.parent
MASTER_KEY = base64.b64encode(b"m" * 32).decode()
TOKENS = {role: "car_" + letter * 43 for role, letter in
          (("operator", "O"), ("tenant_admin", "A"), ("reader", "R"), ("publisher", "P"))}
OPERATOR = TOKENS["operator"]
SECOND_OPERATOR = "car_" + "S" * 43
NOBODY_LISTENS = "http://127.0.0.1:9/"
FILED = "tenants/acme/destinations/filed"

# What a new resource of a kind has at least. A function gets the case, for what refers to others.
SAMPLES = {
    "carillon/Destination": {"url": NOBODY_LISTENS},
    "carillon/Key": {},
    "carillon/Subscription": lambda case: {"types": ["session.*"],
                                           "destinations": [case.make("carillon/Destination")]},
    "carillon/Tenant": {},
    "carillon/EventType": {},
    "carillon/Token": {"role": "ROLE_READER"},
    "carillon/PortalSession": lambda case: {"subject": case.fresh()},
}
# A member that Update changes, and two values of it.
CHANGEABLE = {"carillon/Key": ("expire_time", "2099-01-01T00:00:00Z", "2098-01-01T00:00:00Z"),
              "carillon/Operation": ("max_rate", 0.02, 0.03)}
CHANGED = ("display_name", "changed", "changed again")


class Answer:
    def __init__(self, answer):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    @property
    def json(self):
        return json.loads(self.body) if self.body.startswith(b"{") else {}

    def detail(self, member):
        """The error's detail that has this member; empty without one."""
        found = [d["debug"] for d in self.json.get("details", []) if member in d.get("debug", {})]
        return found[0] if found else {}

    @property
    def reason(self):
        return self.detail("reason").get("reason")

    @property
    def violations(self):
        """{the path of a member: why it was refused}"""
        found = self.detail("fieldViolations").get("fieldViolations", [])
        return {one.get("field", ""): one for one in found}

    @property
    def fields(self):
        return list(self.violations)

    @property
    def verdict(self):
        """What of an error does not depend on when it was given."""
        return self.status, self.reason, self.json.get("message"), self.fields


def sha256(token):
    return hashlib.sha256(token.encode()).hexdigest()


def put(request, path, value):
    """A copy with a member set by its path: `destination.retry.jitter`, `...headers[0].value`."""
    at = request = json.loads(json.dumps(request))
    *parts, last = path.replace("[0]", ".[0]").split(".")
    for part, following in zip(parts, [*parts[1:], last]):
        empty = [] if following == "[0]" else {}
        if part == "[0]":
            if not at:
                at.append(empty)
            at = at[0]
        else:
            at = at.setdefault(part, empty)
    if last == "[0]":
        at[:] = [value]
    else:
        at[last] = value
    return request


def take(message, path):
    """The member at a path, of a request or of an answer (in lowerCamelCase); None: it has none."""
    for part in path.replace("[0]", ".[0]").split("."):
        if part == "[0]":
            message = message[0] if message else None
        else:
            message = (message or {}).get(part, (message or {}).get(camel(part)))
    return message


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


class Conformance(EndToEnd):
    """Starts carillond with a token of each role, and one of each resource in its file."""

    sections = {}  # of the configuration, besides

    def setUp(self):
        protoc = shutil.which("protoc")
        self.assertIsNotNone(protoc, "protoc is missing: scripts/install.sh build installs it")
        self.contract = Contract(protoc, ROOT / "proto", self.folder)
        self.numbers = itertools.count(1)
        self.connection = None
        self.addCleanup(self.hang_up)
        tokens = [{"name": role.replace("_", "-"), "role": role, "sha256": sha256(token),
                   **({} if role == "operator" else {"tenants": ["acme"]}),
                   **({"event_types": ["*"]} if role == "publisher" else {})}
                  for role, token in TOKENS.items()]
        tokens.append({"name": "second", "role": "operator", "sha256": sha256(SECOND_OPERATOR)})
        self.write_config(
            [{"name": FILED, "url": NOBODY_LISTENS,
              "keys": [{"name": "first", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}]}],
            [{"name": "tenants/acme/subscriptions/filed", "types": ["filed.type"],
              "destinations": [FILED]}],
            tenants=[{"name": "filed"}], event_types=[{"name": "filed.type"}],
            access={"tokens": tokens, "public_url": "https://hooks.example.com"}, secrets={"master_key": {"env": "MASTER_KEY"}},
            **self.sections)
        self.start()

    def start(self):
        """Starts carillond, once more over the same data."""
        self.hang_up()
        self.carillond = self.server(env={"MASTER_KEY": MASTER_KEY})
        self.connection = self.connect()

    def connect(self):
        host, port = self.carillond.admin_address.rsplit(":", 1)
        return http.client.HTTPConnection(host, int(port), timeout=2 * PATIENCE)

    def restart_by_kill(self):
        self.carillond.kill()
        self.start()

    def hang_up(self):
        if self.connection:
            self.connection.close()

    # Calls

    def method(self, short):
        return self.contract.by_short[short]

    def methods(self, wanted=lambda method: True):
        """All that take one message, are for somebody's role, and are wanted."""
        found = [method for method in self.contract.methods
                 if method.scope != "unspecified" and not method.streams and wanted(method)]
        self.assertTrue(found)
        return found

    def send(self, path, body, headers=(), verb="POST", token=OPERATOR, connection=None):
        """Sends a request as it is and reads the answer, by default on the connection it keeps."""
        given = {"Content-Type": "application/json", **dict(headers)}
        if token:
            given["Authorization"] = f"Bearer {token}"
        connection = connection or self.connection
        try:
            connection.request(verb, path, body, given)
            return Answer(connection.getresponse())
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            connection.close()  # it was idle for too long
            connection.request(verb, path, body, given)
            return Answer(connection.getresponse())

    def call(self, method, request, token=OPERATOR, headers=(), connection=None):
        """An Answer; `method`: one of the contract, or its short name."""
        method = self.method(method) if isinstance(method, str) else method
        return self.send("/" + method.name, json.dumps(request), headers, token=token,
                         connection=connection)

    def get(self, method, request, token=OPERATOR):
        """The same by GET."""
        query = urllib.parse.urlencode({"encoding": "json", "message": json.dumps(request)})
        return self.send(f"/{method.name}?{query}", None, verb="GET", token=token)

    def ok(self, method, request, token=OPERATOR, headers=()):
        """The answer's message."""
        answer = self.call(method, request, token, headers)
        self.assertEqual(answer.status, 200, f"{getattr(method, 'name', method)} "
                                             f"{str(request)[:1000]}: {answer.body}")
        return answer.json

    def refused(self, answer, status, reason):
        self.assertEqual((answer.status, answer.reason), (status, reason), answer.body)

    # Resources

    def fresh(self):
        return f"x{next(self.numbers)}"

    def sample(self, kind):
        sample = SAMPLES.get(kind)
        self.assertIsNotNone(sample, f"{kind} needs an entry in SAMPLES of conformance.py")
        return sample(self) if callable(sample) else json.loads(json.dumps(sample))

    def creator(self, kind):
        """The method that creates resources of a kind, or None."""
        return next((method for method in self.contract.methods
                     if method.short.startswith("Create") and method.resource()[1] == kind), None)

    def parent_of(self, method):
        """A parent for the method's `parent`, if it has one."""
        member = next((m for m in method.members if m.path == "parent"), None)
        if member is None or not method.has("parent"):
            return {}
        if member.pattern == "tenants/{tenant}":
            return {"parent": "tenants/acme"}
        kinds = [kind for kind, patterns in self.contract.patterns.items()
                 if member.pattern in patterns]
        self.assertTrue(kinds, f"{method.name}: what is {member.pattern}?")
        return {"parent": self.make(kinds[0])}

    def creation(self, method, **more):
        """A request that creates one more resource."""
        member, kind = method.resource()
        named = {f"{member}_id": self.fresh()} if method.has(f"{member}_id") else {}
        return {**self.parent_of(method), **named,
                member: {**self.sample(kind), **more}}

    def make(self, kind, **more):
        """Creates a resource of a kind; its name."""
        if kind in MAKERS:
            return MAKERS[kind](self)
        method = self.creator(kind)
        self.assertIsNotNone(method, f"{kind} needs an entry in MAKERS of conformance.py")
        return self.ok(method, self.creation(method, **more))["name"]

    def fixture(self, method):
        """A request of the method that succeeds and has an effect, if the method has any; each time
        on something of its own."""
        if method.short in FIXTURES:
            return FIXTURES[method.short](self)
        member, kind = method.resource()
        if method.short.startswith("Create") and member:
            return self.creation(method)
        if method.short.startswith("Update") and member:
            changed, value, _ = CHANGEABLE.get(kind, CHANGED)
            return {member: {"name": self.make(kind), changed: value},
                    "update_mask": camel(changed)}
        named = [m for m in method.members if m.path == "name"]
        if named and named[0].kind in self.contract.patterns:
            return {"name": self.make(named[0].kind)}
        if method.short.startswith("List"):
            return self.parent_of(method)
        self.assertFalse(method.required,
                         f"{method.name} needs an entry in FIXTURES of conformance.py")
        return {}

    def pem(self):
        """A certificate, and its key."""
        openssl = shutil.which("openssl")
        self.assertIsNotNone(openssl, "openssl is missing: scripts/install.sh test installs it")
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run([openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                        certificate, "-days", "30", "-subj", "/CN=x"], check=True,
                       capture_output=True)
        return certificate.read_text(), key.read_text()

    def named(self, request):
        """The name of what a request is about: `name`, or that of the resource it carries."""
        if "name" in request:
            return request["name"]
        return next((carried["name"] for carried in request.values()
                     if isinstance(carried, dict) and "name" in carried), None)

    def getter(self, kind):
        return self.method("Get" + kind.rpartition("/")[2])

    def find(self, kind, name):
        """The Answer of Get."""
        return self.call(self.getter(kind), {"name": name})

    def entries(self, **request):
        """Entries of the audit log, the newest first."""
        return self.ok("ListAuditEntries", {"page_size": 500, **request}).get("auditEntries", [])


# Deliveries and operations

def of_one_event(case, tenant):
    """Publishes an event of a tenant."""
    event = {"id": case.fresh(), "tenant": tenant, "type": "session.create",
             "session": {"uuid": "u", "action": "create", "location": "L", "stations": 1,
                         "customerid": 7}}
    case.ok("Publish", {"events": [event]})
    return event["id"]


def dead_end(case):
    """A destination where every delivery dies at once, subscribed to everything; made once."""
    name = "tenants/acme/destinations/dead-end"
    if case.find("carillon/Destination", name).status != 200:
        case.ok("CreateDestination", {
            "parent": "tenants/acme", "destination_id": "dead-end",
            "destination": {"url": NOBODY_LISTENS, "retry": {"none": True},
                            "breaker": {"off": True}, "disabling": {"never": True}}})
        case.ok("CreateSubscription", {
            "parent": "tenants/acme", "subscription_id": "dead-end",
            "subscription": {"types": ["session.*"], "destinations": [name]}})
    return name


def a_delivery(case):
    name = dead_end(case)
    event = of_one_event(case, "acme")
    [found] = eventually(
        lambda: case.ok("ListDeliveries", {"parent": name, "filter": f'event_id = "{event}"'})
        .get("deliveries"), "the delivery is in the log")
    case.carillond.settled()  # and in the journal, which comes later
    return found["name"]


def one_dead(case):
    """ResendDeliveries, or PurgeDeliveries, of one that is dead."""
    name = a_delivery(case)
    event = case.find("carillon/Delivery", name).json["eventId"]
    return {"parent": name.partition("/deliveries/")[0], "filter": f'event_id = "{event}"'}


def an_operation(case, done=False):
    """A replay in a tenant of its own, so that no other is in its way. One that is not to be done
    goes slowly enough that it is not over soon on any machine."""
    tenant = case.fresh()
    parent = f"tenants/{tenant}"
    destination = case.ok("CreateDestination", {
        "parent": parent, "destination_id": "one", "destination": {"url": NOBODY_LISTENS}})["name"]
    if not done:
        for _ in range(3):
            of_one_event(case, tenant)
    begun = case.ok("ReplayEvents", {"destination": destination, "selection": "ALL",
                                     "max_rate": 0.01})
    name = begun["operation"]["name"]
    if done:
        case.ok("WaitOperation", {"name": name, "timeout": "30s"})
    return name


def an_archived_type(case):
    name = case.make("carillon/EventType")
    case.ok("ArchiveEventType", {"name": name})
    return name


def an_entry(case):
    case.make("carillon/Tenant")
    return case.entries()[0]["name"]


def a_link(case):
    made = case.ok("CreatePortalSession", {"parent": "tenants/acme", "portal_session": {}})
    return made["url"].rpartition("#")[2]


def one_that_is(method):
    """A destination of the API after a call of the method."""
    def made(case):
        name = case.make("carillon/Destination")
        case.ok(method, {"name": name})
        return {"name": name}

    return made


def a_notice(case):
    """That a destination was paused."""
    paused = case.make("carillon/Destination")
    case.ok("PauseDestination", {"name": paused})
    request = {"parent": "tenants/acme", "filter": f'destination = "{paused}"'}
    return case.ok("ListNotices", request)["notices"][0]["name"]


MAKERS = {
    "carillon/Notice": a_notice,
    "carillon/Delivery": a_delivery,
    "carillon/Attempt": lambda case: a_delivery(case) + "/attempts/1",
    "carillon/Operation": an_operation,
    "carillon/Event": lambda case: f"tenants/acme/events/{of_one_event(case, 'acme')}",
    "carillon/AuditEntry": an_entry,
}

SINCE = "2026-01-01T00:00:00Z"


def an_import(case):
    """ImportEventTypes of a message with one field."""
    name = case.fresh()
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package=name, syntax="proto3")
    field = file.message_type.add(name="Paid").field.add(name="total", number=1)
    field.type, field.label = field.TYPE_INT64, field.LABEL_OPTIONAL
    described = descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
    return {"descriptor_set": base64.b64encode(described).decode(),
            "mappings": [{"message": f"{name}.Paid", "event_type": f"{name}.paid"}]}


FIXTURES = {
    "ImportEventTypes": an_import,
    "SuggestMembers": lambda case: {"types": ["session.*"]},
    "EnableDestination": one_that_is("DisableDestination"),
    "ResumeDestination": one_that_is("PauseDestination"),
    "TestDestination": lambda case: {"name": case.make("carillon/Destination"),
                                     "event_type": "eventTypes/session.create"},
    "PreviewSubscription": lambda case: {"parent": "tenants/acme",
                                         "subscription": case.sample("carillon/Subscription")},
    "UnarchiveEventType": lambda case: {"name": an_archived_type(case)},
    "ListDeliveries": lambda case: {"parent": dead_end(case)},
    "CountDeliveries": lambda case: {"parent": dead_end(case)},
    "CheckUrl": lambda case: {"parent": "tenants/acme", "url": NOBODY_LISTENS},
    "ListAttempts": lambda case: {"parent": a_delivery(case)},
    "ResendDeliveries": one_dead,
    "PurgeDeliveries": one_dead,
    "ReplayEvents": lambda case: {"destination": case.make("carillon/Destination"),
                                  "selection": "ALL", "filter": f'id = "{case.fresh()}"'},
    "WaitOperation": lambda case: {"name": an_operation(case, done=True)},
    "DeleteOperation": lambda case: {"name": an_operation(case, done=True)},
    "GetStats": lambda case: {"name": FILED, "start_time": SINCE},
    "BatchGetStats": lambda case: {"names": [FILED], "start_time": SINCE},
    "ApplyConfig": lambda case: {"parent": "tenants/acme", "config": {"destinations": [
        {"name": case.fresh(), "url": NOBODY_LISTENS, "unsigned_requests": True}]}},
    "ExportConfig": lambda case: {"parent": "tenants/acme"},
    "OpenPortalSession": lambda case: {"link": a_link(case)},
    "DescribeType": lambda case: {"type": "carillon.v1.Destination"},
    "Publish": lambda case: {"events": [{"id": case.fresh(), "tenant": "acme",
                                         "type": "filed.type", "json": "{}"}]},
}
