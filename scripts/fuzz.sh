#!/usr/bin/env bash
# Fuzzes one target with clang's libFuzzer under the address and undefined-behavior sanitizers.
#
#   scripts/fuzz.sh TARGET [SECONDS]     (default 60) what it finds new stays in build/fuzz/fuzz
#   scripts/fuzz.sh --all [SECONDS]      every target in turn, each that long
#   scripts/fuzz.sh --list               the targets
#   scripts/fuzz.sh --merge TARGET       puts what adds coverage into tests/fuzz/corpus
#
# An input that ends the process is written to build/fuzz/fuzz/crash-...; put it, mended and named after
# what it is, into tests/fuzz/corpus/TARGET: unit.fuzz_corpus replays it in every build.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; }
mapfile -t all < <(cd tests/fuzz/corpus && printf '%s\n' *)
known() { [[ " ${all[*]} " == *" $1 "* ]] || { echo "fuzz.sh: no such target: $1 (${all[*]})" >&2; exit 2; }; }

merge=0
case "${1:-}" in
  -h | --help | "") usage; exit $(( $# == 0 ? 2 : 0 )) ;;
  --list) printf '%s\n' "${all[@]}"; exit 0 ;;
  --all) targets=("${all[@]}"); seconds=${2:-60} ;;
  --merge) known "${2:-}"; targets=("$2"); merge=1; seconds=0 ;;
  *) known "$1"; targets=("$1"); seconds=${2:-60} ;;
esac
[[ "$seconds" =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }

scripts/install.sh build
[[ -f build/fuzz/build.ninja ]] || cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
for target in "${targets[@]}"; do
  found=build/fuzz/fuzz/corpus_$target
  committed=tests/fuzz/corpus/$target
  mkdir -p "$found"
  if (( merge )); then
    "build/fuzz/fuzz/fuzz_$target" -merge=1 "$committed" "$found"
  else
    echo "=== $target"
    "build/fuzz/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
      -artifact_prefix=build/fuzz/fuzz/ -print_final_stats=1 "$found" "$committed"
  fi
done
