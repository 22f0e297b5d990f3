#!/usr/bin/env bash
# Checks how the sources look: clang-format and lint_sources.py for C++, `bash -n` for shell, the
# compiler for Python, `node --check` for JavaScript.
#
#   scripts/lint.sh          says what is wrong; exit 1 when something is
#   scripts/lint.sh --fix    formats the C++ in place
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(--dry-run -Werror)
[[ "${1:-}" == --fix ]] && mode=(-i)

failed=0
find lib services tests -name '*.h' -print0 -o -name '*.cc' -print0 |
  xargs -0 -r -n 20 -P "$(nproc)" clang-format-19 "${mode[@]}" || failed=1

python3 -B scripts/lint_sources.py || failed=1

mapfile -t scripts < <(find image scripts tests -name '*.sh'; find .ci -type f)
for script in "${scripts[@]}"; do
  bash -n "$script" || failed=1
done

mapfile -t python < <(find scripts tests helm -name '*.py')
for script in "${python[@]}"; do
  python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$script" ||
    failed=1
done

mapfile -t javascript < <(find tests -name '*.js')
for script in "${javascript[@]}"; do
  node --check "$script" || failed=1
done

(( failed == 0 )) || echo "lint: run scripts/lint.sh --fix for the formatting" >&2
exit "$failed"
