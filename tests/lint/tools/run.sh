#!/usr/bin/env bash
# Linters that come as packages: buf (the contract: style, and what would break its users), markdownlint
# (the documents), ruff (Python).
#
#   tests/lint/tools/run.sh FOLDER      FOLDER: where the packages are, or are installed to
#
# After a release the contract that must not break is renewed:
#   FOLDER/npm/node_modules/.bin/buf build --exclude-source-info --path proto/carillon -o tests/lint/contract.binpb
set -euo pipefail
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/../../.."

tests/interop/install.sh "$folder/npm" tests/lint/tools
tests/interop/install_python.sh "$folder/python" tests/lint/tools
npm=$folder/npm/node_modules/.bin

failed=0
check() {  # check NAME COMMAND...
  local name=$1
  shift
  "$@" || { echo "lint: $name found something (see above)" >&2; failed=1; }
}
check "buf lint" "$npm/buf" lint
check "buf breaking" "$npm/buf" breaking --against tests/lint/contract.binpb
mapfile -t documents < <(find . -name '*.md' -not -path './build/*' -not -path './.git/*' -not -path '*/node_modules/*')
check markdownlint "$npm/markdownlint-cli2" --no-globs "${documents[@]}" >/dev/null
check ruff "$folder/python/bin/ruff" check --quiet --no-cache scripts tests helm
exit "$failed"
