#!/usr/bin/env bash
# Builds Carillon, starts it with a receiver, publishes the two session events of the SynthesisVR
# contract and shows what arrives. It runs until Ctrl-C, so that you can try more.
#
#   scripts/demo.sh           shows, then waits
#   scripts/demo.sh --once    shows, checks that both POSTs are right, ends (0: they are, 1: not)
set -euo pipefail
cd "$(dirname "$0")/.."

once=no
case "${1:-}" in
  '') ;;
  --once) once=yes ;;
  -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
  *) echo "demo.sh: no such option: $1 (there is --once)" >&2; exit 2 ;;
esac

if [[ -t 1 ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
indent() { sed 's/^/  /'; }
fail() { printf '\ndemo.sh: %s\n' "$1" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/carillon-demo.XXXXXX")
pids=()
finish() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ready FILE MEMBER PID: the address in the ready line of a program that writes to FILE.
ready() {
  local tries address
  for (( tries = 0; tries < 300; ++tries )); do
    address=$(sed -n "/\"message\":\"ready\"/s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$1")
    if [[ -n "$address" ]]; then echo "$address"; return; fi
    kill -0 "$3" 2>/dev/null || { cat "$1" >&2; return 1; }
    sleep 0.1
  done
  return 1
}

say "1. Building (the first time takes some minutes)"
scripts/install.sh build
# On a terminal the step under way stands in one line; the log is shown only when it fails.
progress() {
  local line
  if [[ ! -t 1 ]]; then cat >/dev/null; return; fi
  while IFS= read -r line; do printf '\r  %.76s\e[K' "$line"; done
  printf '\r\e[K'
}
{
  cmake --preset release
  cmake --build --preset release --target carillond carillon carillon-sink
} 2>&1 | tee "$work/build.log" | progress ||
  { tail -n 40 "$work/build.log" >&2; fail "the build failed"; }
bin=$PWD/build/release/bin
echo "  $bin/carillond, carillon, carillon-sink"
console=no
if [[ "$once" == no ]]; then
  if command -v node >/dev/null && command -v npm >/dev/null && command -v protoc >/dev/null &&
    cmake --build --preset release --target console 2>&1 | tee "$work/build.log" | progress; then
    console=yes
    echo "  $bin/console.pak"
  else
    echo "  without the console: scripts/install.sh console installs what it needs"
  fi
fi

say "2. Starting a receiver and Carillon"
# A secret of its own for every demo: it signs here and verifies there.
secret="whsec_$(head -c 32 /dev/urandom | base64)"
"$bin/carillon-sink" --secret "$secret" --print --jsonl "$work/received.jsonl" \
  >"$work/sink.out" 2>&1 &
pids+=($!)
sink=$(ready "$work/sink.out" address "${pids[0]}") || fail "the receiver did not start"

# A token of its own, too: it publishes here and signs in to the console.
"$bin/carillon" tokens generate >"$work/token" 2>"$work/hash"
CARILLON_TOKEN=$(<"$work/token")
export CARILLON_TOKEN

cat >"$work/carillon.yaml" <<YAML
access:
  tokens:
    - name: demo
      role: operator
      sha256: $(sed -n 's/^sha256: //p' "$work/hash")
server:
  publish_address: 127.0.0.1:0
  admin_address: 127.0.0.1:0
journal:
  data_dir: $work/data
  min_free_bytes: 0
guard:                       # only public addresses are allowed by default
  allow_networks: [127.0.0.0/8]
  allow_ports: [1-65535]
destinations:
  - name: synthesisvr
    url: http://$sink/sessions
    format: array            # the body is a JSON array of payloads
    success: any_response    # whatever the receiver answers will do
    timeouts: {total: 2s}
    retry: {none: true}
    keys:
      - name: demo
        secret: {env: DEMO_SECRET}
subscriptions:
  - name: sessions
    types: [session.*]
    destinations: [synthesisvr]
YAML
DEMO_SECRET=$secret "$bin/carillond" --config "$work/carillon.yaml" 2>"$work/carillond.log" &
pids+=($!)
publish=$(ready "$work/carillond.log" publish_address "${pids[1]}") || fail "carillond did not start"
admin=$(ready "$work/carillond.log" admin_address "${pids[1]}") || fail "carillond did not start"
sed -n '/^destinations:/,$p' "$work/carillon.yaml" | indent
echo
echo "  receiver   http://$sink/sessions"
echo "  publishing grpc://$publish"
echo "  metrics    http://$admin/metrics"

# Only carillon_* metrics that count, without what moves by itself.
scrape() {
  exec 3<>"/dev/tcp/${admin%:*}/${admin##*:}"
  printf 'GET /metrics HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n' >&3
  tr -d '\r' <&3 | grep -E '^carillon_' |
    grep -vE '_bucket|_seconds_sum|_bytes|^carillon_commit|_age_seconds' || true
  exec 3<&-
}
scrape >"$work/before"

say "3. Publishing the two session events of the SynthesisVR contract"
session="uuid=41509791-3de8-5bb9-b4fc-a9753da95aad,location=Kamen Test,stations=1,customerid=7685"
for action in create delete; do
  echo "  ${dim}carillon publish --address $publish --session 'action=$action,$session'${plain}"
  "$bin/carillon" publish --address "$publish" --session "action=$action,$session" 2>&1 | indent
done

arrived() { [[ -f "$work/received.jsonl" ]] && wc -l <"$work/received.jsonl" || echo 0; }
for (( tries = 0; tries < 100 && $(arrived) < 2; ++tries )); do sleep 0.1; done

say "4. What arrived at the receiver"
sed '1{/"ready"/d}' "$work/sink.out" | indent

# An attempt is counted a moment after its answer came.
for (( tries = 0; tries < 100; ++tries )); do
  scrape >"$work/after"
  grep -qx 'carillon_delivered_total 2' "$work/after" && break
  sleep 0.1
done
say "5. Metrics that changed"
awk 'NR == FNR { before[$1] = $2; next }
     before[$1] != $2 { printf "  %s %s -> %s\n", $1, before[$1] == "" ? "-" : before[$1], $2 }' \
  "$work/before" "$work/after"

if [[ "$once" == no ]]; then
  say "Carillon runs until you press Ctrl-C."
  if [[ "$console" == yes ]]; then
    echo "  console    http://$admin/console/"
    echo "  token      $CARILLON_TOKEN"
  fi
  say "Try, from another terminal:"
  cat <<TEXT
  export CARILLON_TOKEN=$CARILLON_TOKEN
  $bin/carillon publish --address $publish --session "action=create,$session"
  curl http://$admin/metrics
  curl http://$sink/_stats
TEXT
  say "What arrives:"
  tail -n 0 -f "$work/sink.out" &
  pids+=($!)
  wait "${pids[1]}" || fail "carillond ended: $(tail -n 3 "$work/carillond.log")"
  exit 0
fi

say "6. Checking"
wrong=0
for action in create delete; do
  body="[{\"uuid\":\"41509791-3de8-5bb9-b4fc-a9753da95aad\",\"action\":\"$action\","
  body+="\"location\":\"Kamen Test\",\"stations\":1,\"customerid\":7685}]"
  if grep -F "\"body\":\"${body//\"/\\\"}\"" "$work/received.jsonl" |
    grep -F '"method":"POST"' | grep -qF '"verified":true'; then
    echo "  session.$action arrived: right body, verified signature"
  else
    echo "  session.$action did NOT arrive as the contract says" >&2
    wrong=1
  fi
done
(( $(arrived) == 2 )) || { echo "  $(arrived) POSTs arrived, not 2" >&2; wrong=1; }
kill "${pids[1]}"
wait "${pids[1]}" || { echo "  carillond ended with $?" >&2; wrong=1; }
(( wrong == 0 )) && echo "  all good"
exit "$wrong"
