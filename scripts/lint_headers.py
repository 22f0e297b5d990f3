"""Whether headers compile alone; scripts/lint_changed.sh runs it. Takes the compiler's arguments from a
source of the same part in build/dev/compile_commands.json."""

import json
import os
import pathlib
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[1]


def commands():
    """{lib/<part> or services/<program>: arguments of one of its sources, without the source}"""
    found = {}
    for entry in json.loads((ROOT / "build/dev/compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if not path.is_relative_to(ROOT) or path.is_relative_to(ROOT / "build"):
            continue
        arguments = shlex.split(entry["command"])
        while not os.path.basename(arguments[0]).startswith("clang"):
            arguments = arguments[1:]  # ccache and its environment
        for option in ("-o", "-c"):
            at = arguments.index(option)
            del arguments[at:at + 2]
        found.setdefault("/".join(path.relative_to(ROOT).parts[:2]), arguments)
    return found


def check(header, arguments):
    """What the compiler says of a source that includes nothing but this header."""
    done = subprocess.run(
        [*arguments, f"-I{(ROOT / header).parent}", "-fsyntax-only", "-xc++", "-"], cwd=ROOT / "build/dev",
        input=f'#include "{ROOT / header}"\n', capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{header} does not compile alone:\n{done.stderr}"


def main():
    known = commands()
    wanted = [(name, known["/".join(name.split("/")[:2])]) for name in sys.argv[1:]
              if "/".join(name.split("/")[:2]) in known]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = [fault for fault in pool.map(lambda pair: check(*pair), wanted) if fault]
    print("\n".join(faults), end="")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
