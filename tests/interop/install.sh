#!/usr/bin/env bash
# Installs the npm packages of a package-lock.json into a folder of the build tree.
#
#   tests/interop/install.sh FOLDER [SOURCE]     SOURCE: where the lock file is, by default beside this
set -euo pipefail
source_dir=$(cd "${2:-$(dirname "$0")}" && pwd)
mkdir -p "$1"
cd "$1"

fail() { printf 'packages: %s\n' "$@" >&2; exit 1; }
command -v npm >/dev/null || fail "npm is missing: scripts/install.sh test installs it"
# Whole, and of this lock file.
[[ -f installed-lock.json ]] && cmp -s installed-lock.json "$source_dir/package-lock.json" && exit 0

cp "$source_dir"/package{,-lock}.json .
timeout 240 npm ci --ignore-scripts --no-audit --no-fund --fetch-timeout=30000 \
  --fetch-retry-maxtimeout=10000 >npm.log 2>&1 || {
  cat npm.log >&2
  fail "npm could not install the packages of $source_dir/package-lock.json (see above)." \
    "These tests need the npm registry, or a mirror of it named in npm's own configuration."
}
cp package-lock.json installed-lock.json
