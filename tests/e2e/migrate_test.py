"""`carillon config migrate`: a file of an earlier version becomes one of this."""

import os
import stat
import unittest

from harness import EndToEnd

OLD = """\
# Where to.
destinations:
  - name: one   # the only one
    url: http://hooks.example/
    enabled: false
limits: {max_in_flight_per_tenant: 5}
"""
NEW = OLD.replace("enabled: false", "disabled: true").replace(
    "{max_in_flight_per_tenant: 5}", "{tenant_defaults: {max_in_flight: 5}}")


class Migrate(EndToEnd):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "old.yaml"
        self.path.write_text(OLD)

    def test_an_old_file_is_refused_and_says_what_to_do(self):
        done = self.carillon("config", "check", self.path)
        self.assertEqual(done.returncode, 2)
        self.assertIn("destinations[0].enabled: is now disabled, which says the opposite; "
                      "`carillon config migrate` rewrites the file\n", done.stderr)

    def test_to_standard_output(self):
        done = self.carillon("config", "migrate", self.path)
        self.assertEqual((done.returncode, done.stdout), (0, NEW))
        self.assertIn(f"{self.path}: line 5: destinations[0].enabled is now disabled", done.stderr)
        self.assertEqual(self.path.read_text(), OLD)
        again = self.carillon("config", "migrate", "-", stdin=NEW)
        self.assertEqual((again.returncode, again.stdout, again.stderr), (0, NEW, ""))

    def test_in_place(self):
        self.path.chmod(0o640)
        link = self.folder / "link.yaml"
        link.symlink_to(self.path.name)
        done = self.carillon("config", "migrate", "--in-place", link)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual(self.path.read_text(), NEW)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o640)
        self.assertTrue(link.is_symlink())
        self.assertEqual(self.carillon("config", "check", self.path).returncode, 0)
        # What needs no change is not written.
        before = self.path.stat()
        again = self.carillon("config", "migrate", "--in-place", self.path)
        self.assertEqual((again.returncode, again.stderr), (0, f"{self.path}: nothing to change\n"))
        self.assertEqual(self.path.stat().st_ino, before.st_ino)
        self.assertEqual(sorted(os.listdir(self.folder)), ["link.yaml", "old.yaml"])

    def test_values_of_a_chart(self):
        values = "enabled: true\nconfig:\n" + "".join(f"  {line}\n" for line in OLD.splitlines())
        done = self.carillon("config", "migrate", "--under", "config", "-", stdin=values)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout,
                         "enabled: true\nconfig:\n" + "".join(f"  {line}\n" for line in NEW.splitlines()))

    def test_what_cannot_be_migrated_stays_as_it_is(self):
        text = OLD + "colour: red\n"
        self.path.write_text(text)
        done = self.carillon("config", "migrate", "--in-place", self.path)
        self.assertEqual(done.returncode, 2)
        self.assertIn("colour: unknown member; known: ", done.stderr)
        self.assertEqual(self.path.read_text(), text)
        for arguments in (["--in-place", "-"], [self.folder / "missing.yaml"], [self.folder]):
            self.assertEqual(self.carillon("config", "migrate", *arguments).returncode, 2)


if __name__ == "__main__":
    unittest.main()
