"""kill -9 at random instants while destinations, subscriptions and keys are changed through the API.

Each of several writers changes resources of its own and knows what was answered. After each restart
the configuration is exactly that: what was answered is there with the etag of its answer, what was
deleted is gone, and nothing else is there. A call that was not answered before the kill was done as a
whole or not at all. In the end the audit log has an entry for each change, and no other."""

import base64
import collections
import hashlib
import http.client
import json
import pathlib
import random
import shutil
import tempfile
import threading
import time

from harness import Server
from workload import CampaignError

TOKEN = "car_" + "C" * 43
MASTER_KEY = base64.b64encode(b"k" * 32).decode()
WRITERS = 6
MOST = 12  # destinations of a writer
GONE = None
DESTINATIONS, SUBSCRIPTIONS, KEYS = ("carillon.v1.DestinationService/",
                                     "carillon.v1.SubscriptionService/", "carillon.v1.KeyService/")


class Killed(Exception):
    """The process went before it answered."""


class Api:
    """Calls as JSON, on one connection."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=120)

    def call(self, method, message):
        """(status, answer)."""
        try:
            self.connection.request("POST", "/" + method, json.dumps(message), {
                "Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"})
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            raise Killed from None

    def rows(self, method, member, **request):
        token, found = "", []
        while True:
            status, page = self.call(method, {"page_size": 500, "page_token": token, **request})
            if status != 200:
                raise CampaignError(f"{method}: {status} {page}")
            found += page.get(member, [])
            token = page.get("nextPageToken")
            if not token:
                return found


class Writer:
    """Changes resources of a tenant of its own, and knows what each is: {name: etag}."""

    def __init__(self, number, seed):
        self.tenant = f"tenants/writer-{number}"
        self.dice = random.Random(f"{seed}-{number}")
        self.count = 0
        self.known = {}
        self.doubt = None  # (name, how it was, what the call would make of it), not answered
        self.changes = 0
        self.wrong = None

    def run(self, address, ending):
        api = Api(address)
        try:
            while not ending.is_set():
                self.change(api)
        except Killed:
            pass
        except CampaignError as error:
            self.wrong = error
            ending.set()

    def change(self, api):
        destinations = [name for name in self.known if "/destinations/" in name]
        others = [name for name in self.known if "/subscriptions/" in name]
        choice = self.dice.random()
        if len(destinations) < 2 or (choice < 0.25 and len(destinations) < MOST):
            self.create(api, destinations)
        elif choice < 0.6:
            name = self.dice.choice(destinations)
            self.update(api, name, DESTINATIONS + "UpdateDestination", "destination")
        elif choice < 0.7:
            self.rotate(api, self.dice.choice(destinations))
        elif others and choice < 0.8:
            name = self.dice.choice(others)
            self.update(api, name, SUBSCRIPTIONS + "UpdateSubscription", "subscription")
        elif others and choice < 0.9:
            self.delete(api, self.dice.choice(others), SUBSCRIPTIONS + "DeleteSubscription")
        else:
            free = [name for name in destinations if name.rpartition("/")[2] + "-all" not in
                    {one.rpartition("/")[2] for one in others}]
            if free:
                self.delete(api, self.dice.choice(free), DESTINATIONS + "DeleteDestination")

    def create(self, api, destinations):
        """A destination; every other time with a subscription that has it."""
        self.count += 1
        short = f"d{self.count}"
        self.ask(api, f"{self.tenant}/destinations/{short}", DESTINATIONS + "CreateDestination", {
            "parent": self.tenant, "destination_id": short,
            "destination": {"url": "http://127.0.0.1:9/", "display_name": "made"}})
        if self.count % 2:
            self.ask(api, f"{self.tenant}/subscriptions/{short}-all",
                     SUBSCRIPTIONS + "CreateSubscription", {
                         "parent": self.tenant, "subscription_id": f"{short}-all",
                         "subscription": {"types": ["*"], "destinations": [short]}})

    def update(self, api, name, method, member):
        self.count += 1
        self.ask(api, name, method, {
            member: {"name": name, "etag": self.known[name], "display_name": f"n{self.count}"}})

    def delete(self, api, name, method):
        self.ask(api, name, method, {"name": name, "etag": self.known[name]}, deletes=True)

    def rotate(self, api, name):
        """A key is a part of its destination, whose etag it changes."""
        status, found = api.call(DESTINATIONS + "GetDestination", {"name": name})
        if status != 200 or found["etag"] != self.known[name]:
            raise CampaignError(f"{name} is not as it was answered: {status} {found}")
        self.ask(api, name, KEYS + "RotateKey", {"name": found["keys"][0]["name"], "overlap": "0s"})
        status, found = api.call(DESTINATIONS + "GetDestination", {"name": name})
        self.known[name] = found["etag"]
        self.doubt = None

    def ask(self, api, name, method, message, deletes=False):
        rotates = method.endswith("RotateKey")
        self.doubt = (name, self.known.get(name, GONE), GONE if deletes else "another", method)
        status, answer = api.call(method, message)
        if status != 200:
            raise CampaignError(f"{method} {message}: {status} {answer}")
        self.changes += 1
        if deletes:
            del self.known[name]
        elif not rotates:
            self.known[name] = answer["etag"]
        else:
            # Its etag is known with the next look; until then the answered change must hold.
            self.doubt = (name, "none of these", "another", method)
            return
        self.doubt = None

    def judge(self, found):
        """Compares with `found` ({name: etag}); what was not answered may be either. Returns 1 if
        such a call was done, else 0."""
        wanted = dict(self.known)
        done = 0
        if self.doubt:
            name, before, after, method = self.doubt
            is_now = found.get(name, GONE)
            done = int(is_now != before)
            if done and (is_now is GONE) != (after is GONE):
                raise CampaignError(f"{name}: {method} was half done: {before} became {is_now}")
            answered = before == "none of these"  # it counts already
            if answered and not done:
                raise CampaignError(f"{name}: {method} was answered and is lost")
            done = 0 if answered else done
            wanted.pop(name, None)
            if is_now is not GONE:
                wanted[name] = is_now
            self.doubt = None
        if wanted != found:
            lost = {name: etag for name, etag in wanted.items() if found.get(name) != etag}
            more = {name: etag for name, etag in found.items() if wanted.get(name) != etag}
            raise CampaignError(f"{self.tenant}: answered {lost}, there is {more}")
        self.known = wanted
        return done


class Site:
    """`carillond` over one folder, killed and started again."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carillon-campaign-"))
        self.config = self.folder / "carillon.yaml"
        self.config.write_text(json.dumps({
            "server": {"publish_address": "127.0.0.1:0", "admin_address": "127.0.0.1:0"},
            "journal": {"data_dir": str(self.folder / "data"), "min_free_bytes": 0},
            "guard": {"allow_networks": ["127.0.0.0/8"], "allow_ports": ["1-65535"]},
            "access": {"tokens": [{"name": "campaign", "role": "operator",
                                   "sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}]},
            "secrets": {"master_key": {"env": "MASTER_KEY"}}}))
        self.server = None
        self.recoveries = []

    def start(self):
        begin = time.monotonic()
        self.server = Server(self.folder, self.config, {"MASTER_KEY": MASTER_KEY})
        self.server.wait_ready()
        self.recoveries.append(time.monotonic() - begin)
        return Api(self.server.admin_address)

    def end(self):
        if self.server:
            self.server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def all_of(api):
    """{tenant: {name: etag}} of everything there is."""
    found = collections.defaultdict(dict)
    for method, member in ((DESTINATIONS + "ListDestinations", "destinations"),
                           (SUBSCRIPTIONS + "ListSubscriptions", "subscriptions")):
        for row in api.rows(method, member, parent="tenants/-"):
            found[row["name"].rsplit("/", 2)[0]][row["name"]] = row["etag"]
    return found


def run(seed, long):
    least = 10_000 if long else 400
    dice, site = random.Random(seed), Site()
    writers = [Writer(number, seed) for number in range(WRITERS)]
    kills = unanswered = done_unanswered = 0
    try:
        api = site.start()
        while sum(writer.changes for writer in writers) < least:
            kill(site, writers, dice, most=least // 40 if not long else 250)
            kills += 1
            unanswered += sum(writer.doubt is not None for writer in writers)
            api = site.start()
            found = all_of(api)
            done_unanswered += sum(writer.judge(found.pop(writer.tenant, {})) for writer in writers)
            if found:
                raise CampaignError(f"nobody made {dict(found)}")
        changes = sum(writer.changes for writer in writers) + done_unanswered
        audited(api, changes)
        return {"changes": changes, "kills": kills, "unanswered": unanswered,
                "of_these_done": done_unanswered, "lost": 0, "resources": sum(
                    len(writer.known) for writer in writers),
                "longest_start_s": round(max(site.recoveries), 2)}
    finally:
        site.end()


def kill(site, writers, dice, most):
    """Lets all of them write, and kills the process after some changes more."""
    ending = threading.Event()
    threads = [threading.Thread(target=writer.run, args=(site.server.admin_address, ending))
               for writer in writers]
    goal = sum(writer.changes for writer in writers) + dice.randint(1, most)
    for thread in threads:
        thread.start()
    while sum(writer.changes for writer in writers) < goal and not ending.is_set():
        time.sleep(0.001)
    time.sleep(dice.uniform(0, 0.005))
    site.server.kill()
    ending.set()
    for thread in threads:
        thread.join()
    for writer in writers:
        if writer.wrong:
            raise writer.wrong


def audited(api, changes):
    entries = api.rows("carillon.v1.AuditService/ListAuditEntries", "auditEntries",
                       filter="code = 0")
    if len(entries) != changes:
        raise CampaignError(f"{changes} changes, but {len(entries)} entries in the audit log")
