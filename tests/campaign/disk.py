"""A small file system fills and empties under load, with kills between."""

import errno
import os
import pathlib
import subprocess
import tempfile
import time

from harness import eventually
from workload import CampaignError, Site

# The store keeps 32 MiB of settled events and some 70 MiB in its write-ahead file, and needs room to
# copy these into the database: a store that fills the disk by itself, with `min_free_bytes: 0`, can't
# give any of it back.
DISK = 192 << 20


class SmallDisk:
    """A tmpfs of its own; a ballast fills it."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carillon-disk-"))
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", self.folder],
                              capture_output=True, text=True)
        if done.returncode != 0:
            self.folder.rmdir()
            raise CampaignError("a small file system is needed, and mounting is forbidden here (run "
                                f"as root): {done.stderr.strip()}")
        self.ballast = self.folder / "ballast"
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", self.folder], check=True)
        self.folder.rmdir()

    def fill(self, leave):
        """Takes all but `leave` bytes."""
        free = os.statvfs(self.folder)
        size = free.f_bavail * free.f_frsize - leave
        try:
            with open(self.ballast, "ab") as file:
                file.write(bytes(max(0, size)))
        except OSError as error:  # the store took some meanwhile
            if error.errno != errno.ENOSPC:
                raise

    def empty(self):
        self.ballast.unlink(missing_ok=True)


def start_on_full(site, disk):
    """Starts again; whether the start was refused for want of space. SQLite's shared memory needs a
    few pages of the disk: without `min_free_bytes` there may be none, and then the start has to say
    so, lose nothing, and work as soon as there is space."""
    try:
        return site.start(), False
    except AssertionError as ended:
        if "ended with 3" not in str(ended) or "free space on its disk" not in str(ended):
            raise
    disk.empty()
    return site.start(), True


def run(seed, long):
    rounds = 40 if long else 4
    refused = 0
    starts_refused = 0
    with SmallDisk() as disk, Site(seed, folder=disk.folder) as site:
        site.write_config(journal={"retention_bytes": 32 << 20, "kept_bytes": 1 << 30,
                                   "kept_total_bytes": 1 << 30})  # nothing is given up
        site.publish()
        server = site.start()
        for _ in range(rounds):
            time.sleep(site.dice.uniform(0.2, 1.0))
            disk.fill(leave=site.dice.choice([0, 4096, 1 << 20]))
            eventually(lambda: server.metric("carillon_publishing_accepted") == 0,
                       "publishing is refused")
            refused += 1
            if site.dice.random() < 0.5:  # also on the full disk
                site.kill(server)
                server, no_space = start_on_full(site, disk)
                starts_refused += no_space
            disk.empty()
            eventually(lambda: server.metric("carillon_publishing_accepted") == 1,
                       "publishing is accepted again")
            if site.dice.random() < 0.3:
                site.kill(server)
                server = site.start()
        site.publisher.end()
        site.settle(server)
        figures = {"times_full": refused, "starts_refused": starts_refused, **site.judge()}
        site.kill(server)
        return figures
