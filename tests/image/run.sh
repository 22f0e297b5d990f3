#!/usr/bin/env bash
# Runs a command as root of mount and network namespaces of its own, with a loopback: as root, or in a
# user namespace into which a range of users is mapped (/etc/subuid, newuidmap). A tool that is
# missing is a failure, not a skip.
#
#   run.sh COMMAND...
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
for tool in debootstrap unshare setpriv chroot ip; do
  if ! command -v "$tool" >/dev/null; then
    echo "run.sh: $tool is missing; scripts/install.sh test installs it" >&2
    exit 1
  fi
done
namespaces=(--mount)
if (( $(id -u) != 0 )); then
  namespaces+=(--user --map-auto --map-root-user)
  if ! unshare "${namespaces[@]}" true; then
    echo "run.sh: needs root, or user namespaces with a range of users (uidmap, /etc/subuid)" >&2
    exit 1
  fi
fi
exec unshare "${namespaces[@]}" "$@"
