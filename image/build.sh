#!/usr/bin/env bash
# Builds the programs and the console of the image from the sources around this folder, on Debian 12.
#
#   build.sh ROOT      they come to ROOT/usr
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh build console
cmake --preset release -DCARILLON_TESTS=OFF
cmake --build --preset release --target carillond carillon carillon-sink console
image/programs.sh build/release/bin "$1"
