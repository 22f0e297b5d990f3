#!/usr/bin/env bash
# Measures Carillon beside wrk on this machine and says which targets are reached.
#
#   scripts/bench.sh [--quick] [--json FILE] [--only NAME] [--record]     (--help tells all)
#
# Installs what is missing and builds the release preset first; CARILLON_BIN=DIR takes the programs
# of a build that is there already. Exit code: 0 measured (whatever the figures), 1 a section failed.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=${CARILLON_BIN:-}
if [[ -z "$bin" ]]; then
  scripts/install.sh build bench
  cmake --preset release >/dev/null
  cmake --build --preset release --target carillond carillon carillon-bench-publish \
    carillon-bench-echo carillon-bench-receiver carillon-bench-courier \
    carillon-bench-signing carillon-bench-log carillon-sink
  bin=build/release/bin
fi
exec python3 tests/bench/bench.py --bin "$bin" "$@"
