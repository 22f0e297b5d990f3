#!/usr/bin/env bash
# Installs what is missing, builds everything optimised and runs every test.
#
#   scripts/test.sh [arguments for ctest]...     e.g. scripts/test.sh -L unit, -R journal
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh build test
cmake --preset release
cmake --build --preset release
# Tests that need the machine for themselves declare RUN_SERIAL.
exec ctest --test-dir build/release --output-on-failure -j2 "$@"
