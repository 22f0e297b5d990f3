#!/usr/bin/env bash
# clang-tidy and the compiler's warnings on the lines of C++ that changed, and whether the headers that changed
# compile alone.
#
#   scripts/lint_changed.sh [BASE]      since BASE, uncommitted changes included. Default: where this branch left
#                                       main or origin/main; on main itself, or where neither is, the commit before
#
# At most CARILLON_LINT_FILES sources (default 40), the smallest first, for at most CARILLON_LINT_SECONDS
# (default 600); says which were left out. Needs no remote and no history: of a clone that holds one commit
# all is looked at as if it had changed.
set -euo pipefail
cd "$(dirname "$0")/.."

most=${CARILLON_LINT_FILES:-40}
seconds=${CARILLON_LINT_SECONDS:-600}

commit() { git rev-parse --verify --quiet "$1^{commit}"; }

default_base() {
  local name base
  for name in main origin/main; do
    base=$(git merge-base "$name" HEAD 2>/dev/null) || continue
    [[ "$base" == "$(commit HEAD)" ]] || { echo "$base"; return; }
  done
  commit HEAD~1 || git hash-object -t tree /dev/null  # the empty tree: everything changed
}

if [[ -n "${1:-}" ]]; then
  commit "$1" >/dev/null || { echo "lint_changed.sh: no such commit: $1" >&2; exit 2; }
  base=$(git merge-base "$1" HEAD) || { echo "lint_changed.sh: nothing in common with $1" >&2; exit 2; }
else
  base=$(default_base)
fi
mapfile -t changed < <(git diff --name-only --diff-filter=d "$base" -- 'lib/*.cc' 'lib/*.h' \
  'services/*.cc' 'services/*.h' | xargs -r ls -Sr)
(( ${#changed[@]} )) || { echo "lint_changed.sh: no C++ changed since ${base:0:12}"; exit 0; }
if (( ${#changed[@]} > most )); then
  echo "lint_changed.sh: left out, too many changed: ${changed[*]:most}"
  changed=("${changed[@]:0:most}")
fi
(( ${#changed[@]} )) || exit 0

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

tidy() {  # tidy SOURCE: its changed lines
  git diff -U0 "$base" -- "$1" |
    clang-tidy-diff-19.py -p1 -path build/dev -quiet -clang-tidy-binary clang-tidy-19 \
      -checks='clang-diagnostic-*' >"$out/$2.txt" 2>&1 || true
  touch "$out/$2.done"
}
export -f tidy
export base out=build/dev/tidy
rm -rf "$out" && mkdir -p "$out"
for i in "${!changed[@]}"; do printf '%s %s\n' "${changed[i]}" "$i"; done |
  timeout "$seconds" xargs -P "$(nproc)" -L 1 bash -c 'tidy "$@"' tidy || (( $? == 124 ))
for i in "${!changed[@]}"; do
  [[ -f "$out/$i.done" ]] || echo "lint_changed.sh: left out after $seconds s: ${changed[i]}"
done
if grep -hE '(warning|error):' "$out"/*.txt | sort -u | grep .; then
  echo "lint_changed.sh: clang-tidy found the above; $out has all of it" >&2
  failed=1
fi
exit "$failed"
