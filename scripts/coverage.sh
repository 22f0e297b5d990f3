#!/usr/bin/env bash
# Runs tests and says which lines and branches of lib/ they reach.
#
#   scripts/coverage.sh [arguments for ctest]...     e.g. -L unit, -R journal (default: -L 'unit|integration')
#
# Prints a line for each part, and writes build/coverage/html/index.html.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ "${1:-}" == -h || "${1:-}" == --help ]]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
  exit 0
fi
(( $# )) || set -- -L '^(unit|integration)$'

scripts/install.sh build test
[[ -f build/coverage/build.ninja ]] || cmake --preset coverage >/dev/null
cmake --build --preset coverage
rm -rf build/coverage/profiles
# Seeds of the simulation reach the same lines after a few hundred.
CARILLON_SIM_RUNS=${CARILLON_SIM_RUNS:-200} LLVM_PROFILE_FILE=$PWD/build/coverage/profiles/%p-%m.profraw \
  ctest --test-dir build/coverage --output-on-failure -j2 "$@"

llvm-profdata-19 merge -sparse -o build/coverage/all.profdata build/coverage/profiles/*.profraw
programs=()  # the first by itself, the others behind -object
for program in build/coverage/tests/test_*; do
  (( ${#programs[@]} )) && programs+=(-object)
  programs+=("$program")
done
llvm-cov-19 show -format=html -output-dir=build/coverage/html -instr-profile=build/coverage/all.profdata \
  "${programs[@]}" lib
llvm-cov-19 export -summary-only -instr-profile=build/coverage/all.profdata "${programs[@]}" lib |
  python3 -c '
import collections, json, sys
parts = collections.defaultdict(lambda: [0, 0, 0, 0])
for file in json.load(sys.stdin)["data"][0]["files"]:
    part = file["filename"].rpartition("/lib/")[2].partition("/")[0]
    for at, kind in ((0, "lines"), (2, "branches")):
        parts[part][at] += file["summary"][kind]["covered"]
        parts[part][at + 1] += file["summary"][kind]["count"]
share = lambda covered, count: f"{100 * covered / count:5.1f} %" if count else "      -"
print("part            lines  branches")
for part, (line, lines, branch, branches) in sorted(parts.items()):
    print(f"{part:14} {share(line, lines)}   {share(branch, branches)}")
'
echo "build/coverage/html/index.html shows each line"
