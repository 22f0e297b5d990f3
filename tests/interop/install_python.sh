#!/usr/bin/env bash
# Installs the packages of requirements.txt into a folder of the build tree.
#
#   tests/interop/install_python.sh FOLDER [SOURCE]     SOURCE: where the list is, by default beside this
set -euo pipefail
source_dir=$(cd "${2:-$(dirname "$0")}" && pwd)

fail() { printf 'packages: %s\n' "$@" >&2; exit 1; }
python3 -m pip --version >/dev/null 2>&1 || fail "pip is missing: scripts/install.sh test installs it"
# Whole, and of this list.
[[ -f "$1/installed.txt" ]] && cmp -s "$1/installed.txt" "$source_dir/requirements.txt" && exit 0

rm -rf "$1"
mkdir -p "$1"
timeout 240 python3 -m pip install --quiet --no-deps --no-compile --only-binary :all: \
  --disable-pip-version-check --root-user-action ignore --target "$1" \
  -r "$source_dir/requirements.txt" >"$1.log" 2>&1 || {
  cat "$1.log" >&2
  fail "pip could not install the packages of $source_dir/requirements.txt (see above)." \
    "These tests need PyPI, or a mirror of it named in pip's own configuration."
}
cp "$source_dir/requirements.txt" "$1/installed.txt"
