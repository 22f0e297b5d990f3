#!/usr/bin/env bash
# Runs the long campaigns (tests/campaign) against the release build and prints their figures: lost,
# doubled, out of order, memory, time to recover.
#
#   scripts/campaign.sh [NAME]... [--short] [--seed N] [--json FILE]     (--help tells all)
#
# All of them take about an hour on 2 cores. Exit code: 0 everything held, 1 something did not.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh build test
cmake --preset release >/dev/null
cmake --build --preset release --target carillond carillon carillon-sink carillon_power_cut
CARILLON_BIN=$PWD/build/release/bin \
  CARILLON_POWER_CUT=$PWD/build/release/tests/libcarillon_power_cut.so \
  exec python3 -B tests/campaign/campaign.py "$@"
