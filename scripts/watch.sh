#!/usr/bin/env bash
# Builds Carillon and starts it under a load, with receivers that are well, slow, failing, silent and gone, and
# Prometheus with the rules of helm/carillon/rules, all on 127.0.0.1: within two minutes every metric moves and the
# first alerts are on their way. It runs until Ctrl-C and leaves nothing behind.
#
#   scripts/watch.sh [--port 9090] [--rate 60] [--seconds N]
#
#   --port     where Prometheus listens (0: any free port)
#   --rate     events a second
#   --seconds  ends by itself after so many
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ "${1:-}" == -h || "${1:-}" == --help ]]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
  exit 0
fi

echo "Building (the first time takes some minutes)"
scripts/install.sh build watch
cmake --preset release >/dev/null
cmake --build --preset release --target carillond carillon carillon-sink

# PyYAML is Debian's; another Python may not have it.
python=python3
"$python" -c 'import yaml' 2>/dev/null || python=/usr/bin/python3
exec "$python" -B tests/watch/stack.py "$@"
