#!/bin/sh
# Puts the programs of a release build, without what only debuggers read, and the pages of the console where the
# image has them.
#
#   programs.sh BIN ROOT      e.g. programs.sh build/release/bin /out
set -eu
mkdir -p "$2/usr/bin"
for program in carillond carillon carillon-sink; do
  "${STRIP:-llvm-strip-19}" --strip-debug --strip-unneeded -o "$2/usr/bin/$program" "$1/$program"
  chmod 0755 "$2/usr/bin/$program"
done
if [ ! -f "$1/console.pak" ]; then
  echo "programs.sh: $1/console.pak is missing: build the target console" >&2
  exit 1
fi
mkdir -p "$2/usr/share/carillon"
cp "$1/console.pak" "$2/usr/share/carillon/console.pak"
chmod 0644 "$2/usr/share/carillon/console.pak"
