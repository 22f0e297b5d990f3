"""scripts/watch.sh's stack, as a user starts it: the figures move, and nothing is left behind when it ends."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 240


class Running(unittest.TestCase):
    def start(self, *arguments):
        """The stack, with its folder in one of this test's."""
        folder = tempfile.TemporaryDirectory(prefix="carillon-stack-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        process = subprocess.Popen([sys.executable, "-B", HERE / "stack.py", "--port", "0", *arguments], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                   env={**os.environ, "TMPDIR": folder.name})
        self.addCleanup(self.kill, process)
        return process

    @staticmethod
    def kill(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def ends(self, process, code, printed=""):
        more, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, code, errors)
        text = printed + more
        [url] = set(re.findall(r"(http://127\.0\.0\.1:\d+)/graph", text))
        with self.assertRaises(urllib.error.URLError):
            urllib.request.urlopen(f"{url}/-/ready", timeout=10)
        self.assertEqual(list(self.folder.iterdir()), [])
        return text

    def test_it_shows_how_the_metrics_move_and_ends_by_itself(self):
        text = self.ends(self.start("--seconds", "40"), 0)
        for name in ("Prometheus", "metrics", "publishing"):
            self.assertRegex(text, rf"(?m)^  {name} +\S*127\.0\.0\.1:\d+")
        figures = [dict(re.findall(r"(\S+) ([\d.e+-]+)(?=  |$)", line)) for line in text.splitlines()
                   if line.startswith("  published/s")]
        self.assertTrue(figures, text)  # a busy machine comes to fewer than one in ten seconds
        for name in ("published/s", "delivered/s", "waiting"):
            self.assertTrue(any(float(each.get(name, 0)) > 0 for each in figures), f"{name}: {figures}")

    def test_ctrl_c_ends_all_of_it(self):
        process = self.start()
        printed = ""
        while "Now, every ten seconds" not in printed:
            line = process.stdout.readline()
            self.assertTrue(line, "it ended")
            printed += line
        process.send_signal(signal.SIGINT)
        self.ends(process, 130, printed)


if __name__ == "__main__":
    unittest.main()
