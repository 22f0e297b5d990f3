#!/usr/bin/env bash
# Installs what is missing, builds everything optimized and runs every test.
#
#   scripts/test.sh [arguments for ctest]...     e.g. scripts/test.sh -L unit, -R journal
#   scripts/test.sh --build                   installs and builds only
#   scripts/test.sh --busy 20 [arguments]...     beside 20 busy processes: no test may mind
#
# CARILLON_UNITY=ON compiles the sources of a target a dozen at a time: from nothing in half the time,
# after a change in more.
set -euo pipefail
cd "$(dirname "$0")/.."

only_build=
if [[ "${1:-}" == --build ]]; then
  only_build=yes
  shift
fi
busy=0
if [[ "${1:-}" == --busy ]]; then
  [[ "${2:-}" =~ ^[0-9]+$ ]] || { echo "test.sh: --busy wants a number" >&2; exit 2; }
  busy=$2
  shift 2
fi

scripts/install.sh build test
cmake --preset release "-DCMAKE_UNITY_BUILD=${CARILLON_UNITY:-OFF}" -DCMAKE_UNITY_BUILD_BATCH_SIZE=12
cmake --build --preset release
[[ -z "$only_build" ]] || exit 0
# Most of a test is waiting. Those that need the machine for themselves declare RUN_SERIAL.
if (( busy == 0 )); then
  exec ctest --test-dir build/release --output-on-failure -j4 "$@"
fi
loops=()
trap 'kill "${loops[@]}" 2>/dev/null || true' EXIT
for (( i = 0; i < busy; ++i )); do
  timeout 4h sh -c 'while :; do :; done' &
  loops+=("$!")
done
ctest --test-dir build/release --output-on-failure -j4 "$@"
