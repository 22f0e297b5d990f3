#!/usr/bin/env bash
# Makes documents of the command line's own help.
#
#   scripts/cli_docs.sh            writes docs/cli.md
#   scripts/cli_docs.sh --check    says whether it is up to date; exit 1 when it is not
#   scripts/cli_docs.sh --man DIR  writes a manual page for each command (carillon.1, carillon-get.1, ...)
#
# CARILLON_BIN names the folder of the programs; the default is build/release/bin.
set -euo pipefail
cd "$(dirname "$0")/.."

carillon=${CARILLON_BIN:-build/release/bin}/carillon
case "${1:-}" in
  "") "$carillon" __reference markdown > docs/cli.md ;;
  --check)
    "$carillon" __reference markdown | diff -u docs/cli.md - || {
      echo "docs/cli.md is stale: run scripts/cli_docs.sh" >&2
      exit 1
    } ;;
  --man)
    mkdir -p "${2:?a folder}"
    "$carillon" __reference man "$2" ;;
  *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
esac
