"""The bench: runs the sections, prints the table, writes JSON. Started by scripts/bench.sh."""

import argparse
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import control_section
import dead_section
import https_section
import log_section
import over_section
import policy_sections
import report
import sections
from programs import BenchError

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = {**sections.SECTIONS, **https_section.SECTIONS, **policy_sections.SECTIONS,
            **dead_section.SECTIONS, **log_section.SECTIONS,
            **control_section.SECTIONS, **over_section.SECTIONS}
SLOW = sections.SLOW | policy_sections.SLOW | dead_section.SLOW | log_section.SLOW \
    | control_section.SLOW


class Context:
    """What every section needs."""

    def __init__(self, bin_dir, directory, quick, rounds, over=None):
        self.bin = Path(bin_dir).resolve()
        self.over = Path(over).resolve() if over else None  # the other programs to compare with
        self.dir = Path(directory)
        self.quick = quick
        self.rounds = rounds or (2 if quick else 3)
        self.wrk_seconds = 2 if quick else 3
        self.wrk_rps = []
        self.count = 0  # servers started, for the names of their files


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh", description=__doc__)
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", metavar="FILE", help="also write the figures there")
    parser.add_argument("--quick", action="store_true",
                        help="under 5 minutes: shorter, two rounds, without: " + ", ".join(SLOW))
    parser.add_argument("--only", metavar="NAME", action="append", choices=list(SECTIONS),
                        help="run this section only (may be repeated): " + ", ".join(SECTIONS))
    parser.add_argument("--rounds", type=int, choices=range(1, 21), metavar="N",
                        help="measure so often and take the median (default 3, with --quick 2)")
    parser.add_argument("--over", metavar="DIR",
                        help="only compare with the programs of another build, which are in DIR")
    parser.add_argument("--record", action="store_true",
                        help="write the table into docs/benchmarks.md; with --only, the section's rows")
    parser.add_argument("--work-dir", metavar="DIR",
                        help="where the stores live while measuring (default: beside the programs)")
    parser.add_argument("--keep", action="store_true", help="keep configurations, stores and logs")
    return parser.parse_args()


def raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (want, hard))


def run(ctx, names):
    figures, failed = {}, []
    for name in names:
        begin = time.monotonic()
        try:
            figures.update(SECTIONS[name](ctx))
        except (BenchError, OSError, subprocess.SubprocessError) as error:
            failed.append(name)
            print(f"{name}: {error}", file=sys.stderr)
        print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    if ctx.wrk_rps:
        figures["wrk_rps"] = median(ctx.wrk_rps)
    return figures, failed


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    raise_file_limit()
    names = options.only or [n for n in SECTIONS if not (options.quick and n in SLOW)]
    if options.over:
        names = list(over_section.SECTIONS)
    elif not options.only:
        names = [name for name in names if name not in over_section.SECTIONS]
    # Not the system's folder for temporary files: that may be in memory, where a sync is free.
    place = options.work_dir or Path(options.bin).resolve().parent
    directory = tempfile.mkdtemp(prefix="bench-", dir=place)
    try:
        figures, failed = run(Context(options.bin, directory, options.quick, options.rounds, options.over), names)
    finally:
        if options.keep:
            print(f"kept: {directory}", file=sys.stderr)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    facts = report.about(options.quick)
    print(f"\n{facts['machine']}, {facts['date']}, source {facts['commit']}\n")
    report.print_table(figures, every=not (options.only or options.over))
    if options.json:
        report.write_json(options.json, figures, facts)
    if options.record:
        measured = [name for name in options.only or [] if name not in failed]
        if measured or not options.only:
            report.record(ROOT / "docs/benchmarks.md", figures, facts, measured)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
