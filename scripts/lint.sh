#!/usr/bin/env bash
# Checks how the sources and documents look: clang-format and lint_sources.py for C++, shellcheck for
# shell, the compiler for Python, `node --check` for JavaScript, lint_docs.py for documents, codespell
# for everything; and whether what is made of lib/metrics/metrics.toml and of proto/carillon/v1 is up to date.
#
#   scripts/lint.sh              says what is wrong; exit 1 when something is
#   scripts/lint.sh --fix        formats the C++ in place, and fills paragraphs that are too wide
#   scripts/lint.sh --tools      the linters that come as packages too: buf, markdownlint, ruff
#   scripts/lint.sh --changed [BASE]   clang-tidy on the lines that changed since BASE (default: where the branch
#                                left main), and whether the headers that changed compile alone; needs minutes
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(--dry-run -Werror)
fix=()
failed=0
case "${1:-}" in
  --fix) mode=(-i); fix=(--fix) ;;
  --tools) tests/lint/tools/run.sh build/lint-tools || failed=1 ;;
  --changed) exec scripts/lint_changed.sh "${@:2}" ;;
  "") ;;
  *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
esac

find lib services tests -name '*.h' -print0 -o -name '*.cc' -print0 |
  xargs -0 -r -n 20 -P "$(nproc)" clang-format-19 "${mode[@]}" || failed=1

python3 -B scripts/lint_sources.py || failed=1
python3 -B scripts/metrics.py --check || failed=1
python3 -B scripts/api_docs.py --check || failed=1
python3 -B scripts/lint_docs.py "${fix[@]}" || failed=1

mapfile -t scripts < <(find image scripts tests -name '*.sh'; find .ci -type f)
shellcheck -x -e SC2317 "${scripts[@]}" || failed=1  # SC2317: what a trap calls is taken for unreachable

mapfile -t python < <(find scripts tests helm -name '*.py')
python3 -B -c 'import ast, sys
for name in sys.argv[1:]: ast.parse(open(name).read(), name)' "${python[@]}" || failed=1

mapfile -t javascript < <(find tests -name '*.js')
for script in "${javascript[@]}"; do
  node --check "$script" || failed=1
done

codespell --config .codespellrc .ci ./*.md cmake docs helm image lib proto scripts services tests \
  CMakeLists.txt CMakePresets.json Dockerfile || failed=1

(( failed == 0 )) || echo "lint: run scripts/lint.sh --fix for the formatting" >&2
exit "$failed"
