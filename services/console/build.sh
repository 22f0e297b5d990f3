#!/usr/bin/env bash
# Builds the console into one file, console.pak, which carillond serves. Nothing is written beside the sources.
#
#   services/console/build.sh FOLDER PAK      FOLDER: where packages and intermediate files are kept
#
# It needs Node.js 18 or newer, npm and protoc (scripts/install.sh console), and the npm registry, or a mirror of it
# named in npm's own configuration.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fail() { printf 'console: %s\n' "$@" >&2; exit 1; }
[[ $# == 2 ]] || fail "usage: build.sh FOLDER PAK"
for program in node npm protoc; do
  command -v "$program" >/dev/null || fail "$program is missing: scripts/install.sh console installs it"
done
mkdir -p "$1" "$(dirname "$2")"
folder=$(cd "$1" && pwd)
pak=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")

cd "$folder"
rm -rf build public src test dist
cp -r "$here"/{build,public,src,test,index.html,package.json,tsconfig.json,vite.config.ts} .
if ! [[ -f installed-lock.json ]] || ! cmp -s installed-lock.json "$here/package-lock.json"; then
  cp "$here/package-lock.json" .
  timeout 900 npm ci --ignore-scripts --no-audit --no-fund --fetch-timeout=30000 >npm.log 2>&1 || {
    cat npm.log >&2
    fail "npm could not install the packages of services/console/package-lock.json (see above)"
  }
  cp package-lock.json installed-lock.json
fi
export PROTO=$here/../../proto
npm run --silent build >build.log 2>&1 || { cat build.log >&2; fail "the console could not be built (see above)"; }
node build/pack.mjs dist "$pak"
