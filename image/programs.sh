#!/bin/sh
# Puts the programs of a release build where the image has them, without what only debuggers read.
#
#   programs.sh BIN ROOT      e.g. programs.sh build/release/bin /out
set -eu
mkdir -p "$2/usr/bin"
for program in carillond carillon carillon-sink; do
  "${STRIP:-llvm-strip-19}" --strip-debug --strip-unneeded -o "$2/usr/bin/$program" "$1/$program"
  chmod 0755 "$2/usr/bin/$program"
done
