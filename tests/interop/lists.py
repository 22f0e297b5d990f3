"""Lists of the API: which there are, by what they can be filtered and ordered, all rows of one, and
rows to look at."""

import re

from conformance import NOBODY_LISTENS, Conformance, an_operation, dead_end, of_one_event
from contract import is_repeated
from harness import eventually

LABELS = [{}, {"team": "billing"}, {"team": "orders", "region": "eu"}, {"team": "Billing", "x": ""}]
NAMES = ["", "Alpha", "alpha", "Beta", "Übersee 東京", "a\"quoted\"", "back\\slash", "star*"]


class Lists(Conformance):
    def lists(self):
        """Suggestions have a size, and no second page."""
        return self.methods(lambda method: method.has("page_size") and method.has("page_token"))

    def rows_field(self, method):
        field, = (one for one in method.output.fields if is_repeated(one) and one.message_type)
        return field

    def page(self, method, request):
        """(rows, next token or '', the answer)."""
        answer = self.ok(method, request)
        return (answer.get(self.rows_field(method).json_name, []), answer.get("nextPageToken", ""),
                answer)

    def rows(self, method, request):
        """All rows, page by page: a list of a log may answer with less than it was asked for."""
        found, token = [], ""
        while True:
            rows, token, _ = self.page(method, {**request, "page_token": token})
            found += rows
            if not token:
                return found

    def told(self, method, request, pattern):
        message = self.call(method, {**self.scope(method), **request}).json.get("message", "")
        found = re.search(pattern, message)
        self.assertTrue(found, f"{method.name}: {message}")
        return found[1].split(", ")

    def filters(self, method):
        """Paths that the collection can be filtered by, as its own error tells them."""
        return self.told(method, {"filter": "no_such_field = 1"}, r"\(fields: (.*)\)")

    def orders(self, method):
        """What it can be ordered by; of a log that has one order, `field desc`."""
        return self.told(method, {"order_by": "no_such_field"},
                         r"(?:only by |must be `)([^`]*)")

    def scope(self, method):
        """The parent under which `fill` makes rows."""
        if not method.has("parent"):
            return {}
        if method.short == "ListKeys":
            return {"parent": "tenants/rows/destinations/with-keys"}
        return {"parent": dead_end(self) + "/deliveries/-" if method.short == "ListAttempts"
                else dead_end(self) if method.short == "ListDeliveries" else "tenants/rows"}

    def fill(self, method):
        """Makes rows for the list, each unlike the others."""
        made = "fill_" + method.short.removeprefix("List").lower()
        self.assertTrue(hasattr(self, made), f"{method.name} needs {made} in lists.py")
        getattr(self, made)()

    def several(self, create, make, count=12):
        for number in range(count):
            self.ok(create, make(number))

    def texts(self, number):
        return {"display_name": NAMES[number % len(NAMES)]}

    def fill_destinations(self, prefix="d"):
        formats = ["FORMAT_STANDARD", "FORMAT_ARRAY", "FORMAT_UNSPECIFIED"]
        self.several("CreateDestination", lambda n: {
            "parent": "tenants/rows", "destination_id": f"{prefix}{n}", "destination": {
                "url": NOBODY_LISTENS + "x" * n, "format": formats[n % 3],
                "labels": LABELS[n % len(LABELS)], **self.texts(n)}})
        for method, numbers in (("DisableDestination", (1, 5)), ("PauseDestination", (2, 7))):
            for number in numbers:
                self.ok(method, {"name": f"tenants/rows/destinations/{prefix}{number}"})

    def fill_keys(self):
        name = "tenants/rows/destinations/with-keys"
        self.ok("CreateDestination", {"parent": "tenants/rows", "destination_id": "with-keys",
                                      "destination": {"url": NOBODY_LISTENS}})
        for number in range(5):
            self.ok("CreateKey", {"parent": name, "key_id": f"k{number}", "key": {}})

    def fill_subscriptions(self):
        types = [["session.*"], ["*"], ["session.create", "session.delete"]]
        for each in ("one", "two"):
            self.ok("CreateDestination", {"parent": "tenants/rows", "destination_id": each,
                                          "destination": {"url": NOBODY_LISTENS}})
        self.several("CreateSubscription", lambda n: {
            "parent": "tenants/rows", "subscription_id": f"s{n}", "subscription": {
                "types": types[n % 3], "destinations": ["one", "two"][: n % 2 + 1],
                "disabled": n % 4 == 1, "labels": LABELS[n % len(LABELS)], **self.texts(n)}})

    def fill_tenants(self):
        self.several("CreateTenant", lambda n: {
            "tenant_id": f"t{n}", "tenant": {"labels": LABELS[n % len(LABELS)], **self.texts(n)}})

    def fill_eventtypes(self):
        modes = ["VALIDATION_UNSPECIFIED", "OFF", "WARN"]
        self.several("CreateEventType", lambda n: {
            "event_type_id": f"row.t{n}", "event_type": {
                "description": NAMES[-n % len(NAMES)], "validation": modes[n % 3],
                **({"json_schema": {"schema": '{"type": "object"}'}} if n % 3 == 2 else {}),
                "tags": ["x", "y", "long-tag"][: n % 4], **self.texts(n)}})
        self.ok("ArchiveEventType", {"name": "eventTypes/row.t3"})

    def fill_tokens(self):
        roles = ["ROLE_READER", "ROLE_TENANT_ADMIN", "ROLE_PUBLISHER"]
        self.several("CreateToken", lambda n: {
            "parent": "tenants/rows", "token_id": f"k{n}", "token": {
                "role": roles[n % 3], "expire_time": f"209{n % 10}-01-01T00:00:00Z",
                **self.texts(n)}})

    def fill_portalsessions(self):
        self.several("CreatePortalSession", lambda n: {
            "parent": "tenants/rows", "portal_session": {"subject": f"{'abc'[n % 3]} {n}"}})

    def fill_deliveries(self):
        dead_end(self)
        events = [of_one_event(self, "acme") for _ in range(10)]
        method = self.method("ListDeliveries")
        eventually(lambda: len(self.rows(method, self.scope(method))) >= len(events),
                   "the deliveries are in the log")

    fill_attempts = fill_deliveries

    def fill_events(self):
        for _ in range(10):
            of_one_event(self, "rows")

    def fill_operations(self):
        # Of one tenant four may run; done ones stay.
        self.ok("CreateDestination", {"parent": "tenants/rows", "destination_id": "replayed",
                                      "destination": {"url": NOBODY_LISTENS}})
        for number in range(6):
            begun = self.ok("ReplayEvents", {"destination": "tenants/rows/destinations/replayed",
                                             "selection": "ALL"})["operation"]["name"]
            self.ok("WaitOperation", {"name": begun, "timeout": "30s"})

    def fill_auditentries(self):
        self.fill_destinations("audited")

    def fill_notices(self):
        for number in range(9):
            self.paused(f"noticed{number}")

    def paused(self, name):
        self.ok("CreateDestination", {"parent": "tenants/rows", "destination_id": name,
                                      "destination": {"url": NOBODY_LISTENS}})
        self.ok("PauseDestination", {"name": f"tenants/rows/destinations/{name}"})

    def one_more(self, method, number):
        """A row more in the list, which comes early in its order or late."""
        kind = self.contract.kind_of(self.rows_field(method).message_type)
        create = self.creator(kind)
        if kind in ("carillon/Delivery", "carillon/Attempt", "carillon/Event"):
            of_one_event(self, "rows" if kind == "carillon/Event" else "acme")
            return None
        if kind == "carillon/AuditEntry":
            self.ok("CreateDestination", {
                "parent": "tenants/rows", "destination_id": f"more{number}",
                "destination": {"url": NOBODY_LISTENS}})
            return None
        if kind == "carillon/Notice":
            self.paused(f"more{number}")
            return None
        if kind == "carillon/Operation":
            an_operation(self, done=True)
            return None
        member, _ = create.resource()
        request = {member: self.sample(kind)}
        if create.has(f"{member}_id"):
            request[f"{member}_id"] = f"{'az'[number % 2]}-more{number}"
        if create.has("parent"):
            request["parent"] = self.scope(method)["parent"]
        if kind == "carillon/Subscription":
            request[member] = {"types": ["*"], "destinations": ["one"]}
        return self.ok(create, request)["name"]
