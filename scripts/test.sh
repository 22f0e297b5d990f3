#!/usr/bin/env bash
# Installs what is missing, builds everything optimized and runs every test.
#
#   scripts/test.sh [arguments for ctest]...     e.g. scripts/test.sh -L unit, -R journal
#
# CARILLON_UNITY=ON compiles the sources of a target a dozen at a time: from nothing in half the time,
# after a change in more.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh build test
cmake --preset release "-DCMAKE_UNITY_BUILD=${CARILLON_UNITY:-OFF}" -DCMAKE_UNITY_BUILD_BATCH_SIZE=12
cmake --build --preset release
# Most of a test is waiting. Those that need the machine for themselves declare RUN_SERIAL.
exec ctest --test-dir build/release --output-on-failure -j3 "$@"
