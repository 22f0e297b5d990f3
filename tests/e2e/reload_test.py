"""The configuration is reloaded on SIGHUP and on change, whole or not at all."""

import os
import signal
import unittest

from harness import EndToEnd, OTHER_SECRET, SECRET, eventually, session

RELOADED = 'carillon_config_reloads_total{result="ok"}'
REFUSED = 'carillon_config_reloads_total{result="error"}'


class Reload(EndToEnd):
    def setUp(self):
        self.receiver = self.sink()

    def write(self, *names, path=None):
        return self.write_config([{"name": n, "url": self.receiver.url(f"/ok/{n}")} for n in names],
                                 path=path)

    def arrives_at(self, server, number, *names):
        """A new event reaches exactly these."""
        before = self.receiver.stats()["requests"]
        self.publish_events(server, [{"session": session(number)}])
        for name in names:
            def there(target=f"/ok/{name}"):
                return any(f"uuid-{number}\"" in r["body"] for r in self.receiver.records(target))
            eventually(there, f"event {number} at {name}")
        self.assertEqual(self.receiver.stats()["requests"], before + len(names))

    def test_sighup(self):
        path = self.write("a")
        server = self.server()
        self.arrives_at(server, 1, "a")
        stamp = os.stat(path)
        server.signal(signal.SIGHUP)  # nothing changed: still a reload
        server.wait_metric(RELOADED, 1)
        self.assertEqual(os.stat(path), stamp)
        self.arrives_at(server, 2, "a")

    def test_the_file_is_written_in_place(self):
        self.write("a")
        server = self.server()
        self.write("a", "b")
        server.wait_metric(RELOADED, 1)
        self.arrives_at(server, 1, "a", "b")

    def test_the_file_is_replaced(self):
        path = self.write("a")
        server = self.server()
        os.replace(self.write("b", path=self.folder / "new.yaml"), path)
        server.wait_metric(RELOADED, 1)
        self.arrives_at(server, 1, "b")

    def test_a_symbolic_link_is_swapped_as_for_a_config_map(self):
        mount = self.folder / "mount"
        for version in ("v1", "v2"):
            (mount / version).mkdir(parents=True)
        self.write("a", path=mount / "v1" / "carillon.yaml")
        self.write("b", "c", path=mount / "v2" / "carillon.yaml")
        (mount / "..data").symlink_to("v1")
        (mount / "carillon.yaml").symlink_to("..data/carillon.yaml")
        server = self.server(mount / "carillon.yaml")
        self.arrives_at(server, 1, "a")
        (mount / "..data_tmp").symlink_to("v2")
        os.replace(mount / "..data_tmp", mount / "..data")
        server.wait_metric(RELOADED, 1)
        self.arrives_at(server, 2, "b", "c")

    def test_a_wrong_one_changes_nothing(self):
        path = self.write("a")
        server = self.server()
        good = path.read_text()
        path.write_text(good.replace("http://", "gopher://"))
        server.wait_metric(REFUSED, 1)
        self.arrives_at(server, 1, "a")
        [line] = [x for x in server.lines(server.stderr_path) if x.get("level") == "error"]
        self.assertIn("destinations[0].url", line["error"])
        path.write_text("destinations: [")
        server.wait_metric(REFUSED, 2)
        self.arrives_at(server, 2, "a")
        path.write_text(good)
        server.wait_metric(RELOADED, 1)
        self.arrives_at(server, 3, "a")

    def test_an_empty_one_changes_nothing(self):
        """As it is while it is being written in place."""
        path = self.write("a")
        server = self.server()
        good = path.read_text()
        path.write_text("")
        server.signal(signal.SIGHUP)
        server.wait_metric(REFUSED, 1)
        self.arrives_at(server, 1, "a")
        path.write_text(good)
        server.wait_metric(RELOADED, 1)
        self.arrives_at(server, 2, "a")

    def test_a_secret_is_replaced_in_its_file(self):
        """As kubelet does with a mounted Secret; nothing else changes, and nobody sends SIGHUP."""
        receiver = self.sink("--secret", OTHER_SECRET)
        mount = self.folder / "secret"
        for version, key in (("v1", SECRET), ("v2", OTHER_SECRET)):
            (mount / version).mkdir(parents=True)
            (mount / version / "key").write_text(key)
        (mount / "..data").symlink_to("v1")
        (mount / "key").symlink_to("..data/key")
        self.write_config([{"name": "a", "url": receiver.url("/ok"),
                            "keys": [{"name": "k", "secret": {"file": str(mount / "key")}}]}])
        server = self.server()
        self.publish_events(server, [{"session": session(1)}])
        self.assertEqual([r["verified"] for r in receiver.wait_records(1)], [False])
        (mount / "..data_tmp").symlink_to("v2")
        os.replace(mount / "..data_tmp", mount / "..data")
        server.wait_metric(RELOADED, 1)
        self.publish_events(server, [{"session": session(2)}])
        self.assertEqual([r["verified"] for r in receiver.wait_records(2)], [False, True])

    def test_a_secret_is_watched_while_the_configuration_is_away(self):
        key = self.folder / "key"
        key.write_text(SECRET)
        path = self.write_config([{"name": "a", "url": self.receiver.url("/ok/a"),
                                   "keys": [{"name": "k", "secret": {"file": str(key)}}]}])
        server = self.server()
        path.rename(self.folder / "away")
        server.signal(signal.SIGHUP)
        server.wait_metric(REFUSED, 1)
        (self.folder / "away").rename(path)  # as it was: no reason to read it again
        key.write_text(OTHER_SECRET)
        server.wait_metric(RELOADED, 1)

    def test_a_secret_that_comes_after_the_configuration_that_names_it(self):
        path = self.write("a")
        server = self.server()
        key = self.folder / "key"
        self.write_config([{"name": "a", "url": self.receiver.url("/ok/a"),
                            "keys": [{"name": "k", "secret": {"file": str(key)}}]}], path=path)
        server.wait_metric(REFUSED, 1)
        key.write_text(SECRET)
        server.wait_metric(RELOADED, 1)

    def test_new_types_can_be_published(self):
        self.write("a")
        server = self.server()
        arguments = ("--type", "order.paid", "--json", "{}")
        self.assertEqual(self.publish_raw(server, *arguments).returncode, 1)
        self.write_config([{"name": "a", "url": self.receiver.url("/ok/a")}],
                          event_types=[{"name": "order.paid"}])
        server.wait_metric(RELOADED, 1)
        self.publish(server, *arguments)
        self.receiver.wait_records(1, "/ok/a")


if __name__ == "__main__":
    unittest.main()
