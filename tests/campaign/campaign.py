"""Runs campaigns and prints their figures. Started by scripts/campaign.sh (long) and CTest (short)."""

import argparse
import importlib
import json
import os
import sys
import time
from pathlib import Path

from workload import CampaignError

NAMES = ["kill", "changes", "power_cut", "disk", "flood", "receivers"]


def show(name, figures):
    print(f"\n{name}")
    for key, value in figures.items():
        print(f"  {key.replace('_', ' '):<24} {value}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="scripts/campaign.sh", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(NAMES)}; "
                        "default: all")
    parser.add_argument("--short", action="store_true", help="the form that the tests run")
    parser.add_argument("--seed", type=int, help="repeats the choices of a run")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures there")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"no such campaign: {', '.join(sorted(unknown))} (there are: "
                     f"{', '.join(NAMES)})")
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}", flush=True)
    results, failed = {}, []
    for name in options.names or NAMES:
        begin = time.monotonic()
        try:
            results[name] = importlib.import_module(name).run(seed, not options.short)
            results[name]["seconds"] = round(time.monotonic() - begin)
            show(name, results[name])
        except (CampaignError, AssertionError) as error:
            failed.append(name)
            print(f"\n{name} FAILED (seed {seed}): {error}", file=sys.stderr, flush=True)
    if options.json:
        options.json.write_text(json.dumps({"seed": seed, **results}, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
