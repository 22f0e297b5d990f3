#!/usr/bin/env bash
# Breaks the code in each of the ways that tests/mutation lists, and says which of them no test
# notices. Builds in build/mutants, from a copy of the sources: the working tree is not touched.
#
#   scripts/mutate.sh                    all of them
#   scripts/mutate.sh --part policy      those of one part
#   scripts/mutate.sh --only NAME        one
#   scripts/mutate.sh --short            a dozen
#   scripts/mutate.sh --check            only whether each has its place in the code; builds nothing
#   scripts/mutate.sh --list             what there is
#
# Exit code: 0 all were noticed, 1 some survived, 2 the list or the build is at fault.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
esac
[[ " $* " == *" --check "* || " $* " == *" --list "* ]] || scripts/install.sh build
exec python3 -B tests/mutation/mutate.py "$@"
