#!/usr/bin/env bash
# clang-tidy, -Wshadow and -Wconversion on the lines of C++ that changed, and whether the headers that
# changed compile alone.
#
#   scripts/lint_changed.sh [BASE]      since BASE, uncommitted changes included (default: main)
#
# At most CARILLON_LINT_FILES sources (default 40), the smallest first; says which were left out.
set -euo pipefail
cd "$(dirname "$0")/.."

base=${1:-main}
most=${CARILLON_LINT_FILES:-40}
git rev-parse --verify --quiet "$base^{commit}" >/dev/null || {
  echo "lint_changed.sh: no such commit: $base" >&2
  exit 2
}
base=$(git merge-base "$base" HEAD)
mapfile -t changed < <(git diff --name-only --diff-filter=d "$base" -- 'lib/*.cc' 'lib/*.h' \
  'services/*.cc' 'services/*.h' | xargs -r ls -Sr)
(( ${#changed[@]} )) || { echo "lint_changed.sh: no C++ changed since $(git rev-parse --short "$base")"; exit 0; }
if (( ${#changed[@]} > most )); then
  echo "lint_changed.sh: left out, too many changed: ${changed[*]:most}"
  changed=("${changed[@]:0:most}")
fi

scripts/install.sh build lint
# The preset dev compiles each source by itself; what protoc makes has to be there.
[[ -f build/dev/compile_commands.json ]] || cmake --preset dev >/dev/null
mapfile -t generated < <(ninja -C build/dev -t targets all | grep -oE '^[^ ]*\.pb\.h')
ninja -C build/dev "${generated[@]}" >/dev/null

failed=0
mapfile -t headers < <(printf '%s\n' "${changed[@]}" | grep '\.h$' || true)
if (( ${#headers[@]} )); then
  python3 -B scripts/lint_headers.py "${headers[@]}" || failed=1
fi
git diff -U0 "$base" -- "${changed[@]}" |
  clang-tidy-diff-19.py -p1 -path build/dev -j "$(nproc)" -quiet \
    -clang-tidy-binary clang-tidy-19 -checks='clang-diagnostic-*' -extra-arg=-Wshadow \
    -extra-arg=-Wconversion -extra-arg=-Wno-sign-conversion >build/dev/tidy.txt 2>&1 || true
if grep -E '(warning|error):' build/dev/tidy.txt; then
  echo "lint_changed.sh: clang-tidy found the above; build/dev/tidy.txt has all of it" >&2
  failed=1
fi
exit "$failed"
