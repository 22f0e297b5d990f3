#!/usr/bin/env bash
# Runs the simulation of the engine with all its threads: crashes, full disks, refusals and changed
# configurations in simulated time, chosen by a seed. The same seed always does the same.
#
#   scripts/sim.sh SEED          one seed, e.g. the one that a failed test printed
#   scripts/sim.sh --runs N      seeds 1 to N (default 2000)
#
# CARILLON_PRESET=asan|tsan takes another build. Exit code: 0 everything held, 1 a promise was broken.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; }
case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  --runs) [[ "${2:-}" =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }; export CARILLON_SIM_RUNS=$2 ;;
  "" ) ;;
  *) [[ "$1" =~ ^[1-9][0-9]*$ ]] || { usage >&2; exit 2; }; export CARILLON_SIM_SEED=$1 ;;
esac

preset=${CARILLON_PRESET:-release}
scripts/install.sh build
[[ -f "build/$preset/build.ninja" ]] || cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --target test_simulation
exec "build/$preset/tests/test_simulation" --gtest_filter='Simulation.*' --gtest_brief=1
