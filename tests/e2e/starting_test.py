"""A start that takes long, as the recovery of a large store on a slow disk does: who asks is answered."""

import os
import signal
import time
import unittest

from harness import EndToEnd, Server, session


class Starting(EndToEnd):
    def held(self):
        """A server that is opening its store until `self.hold` is gone; its admin port answers."""
        self.hold = self.folder / "hold"
        self.hold.touch()
        path = self.write_config()
        server = self.started(Server(self.folder, path, {
            "LD_PRELOAD": os.environ["CARILLON_HOLD"], "CARILLON_HOLD_OPEN": str(self.hold)}))
        line = server.wait_message(server.stderr_path, "starting")
        self.assertEqual(line["data_dir"], str(self.folder / "data"))
        server.admin_address = line["admin_address"]
        return server

    def test_alive_but_not_ready_while_the_store_is_opened(self):
        server = self.held()
        for _ in range(3):
            self.assertEqual(server.get("/healthz"), (200, "ok\n"))
            self.assertEqual(server.get("/readyz"),
                             (503, "not ready: starting: the store is being opened\n"))
            self.assertIn("carillon_build_info", server.get("/metrics")[1])
            time.sleep(0.1)
        self.assertEqual(server.log("ready"), [])
        self.hold.unlink()
        server.wait_ready()
        self.assertEqual(server.get("/readyz"), (200, "ok\nconfiguration revision 1\n"))
        self.publish_events(server, [{"session": session(1)}])
        self.assertEqual(server.metric("carillon_journal_last_position"), 1)
        self.assertEqual(server.stop(), 0)

    def test_a_stop_does_not_wait_for_it(self):
        server = self.held()
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len(server.log("stopped before it started")), 1)
        self.hold.unlink()
        self.server().stop()

    def test_a_change_of_the_configuration_meanwhile_is_taken(self):
        server = self.held()
        receiver = self.sink()
        self.write_config([{"name": "late", "url": receiver.url("/ok")}])
        self.hold.unlink()
        server.wait_ready()
        server.wait_metric('carillon_config_reloads_total{result="ok"}', 1)
        self.publish_events(server, [{"session": session(1)}])
        receiver.wait_records(1)

    def test_a_store_that_refuses_says_so_all_the_same(self):
        server = self.held()
        (self.folder / "data" / "carillon.db").write_bytes(b"this is no database" * 1000)
        self.hold.unlink()
        self.assertEqual(server.wait(), 3)
        self.assertEqual(len(server.log("cannot start")), 1)


if __name__ == "__main__":
    unittest.main()
