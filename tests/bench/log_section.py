"""Section about the delivery log: pages of a large one."""

from pathlib import Path

from programs import run_json


def log(ctx):
    """10 million attempts; pages of every kind while 20,000 attempts a second are written."""
    attempts = 1_000_000 if ctx.quick else 10_000_000
    return run_json([f"{ctx.bin}/carillon-bench-log", "--folder", str(Path(ctx.dir) / "log"),
                     "--attempts", str(attempts)], timeout=1800)


SECTIONS = {"log": log}
SLOW = {"log"}
