#!/usr/bin/env bash
# Makes Debian 12's base system by debootstrap and prints its folder. It is kept, outside of the sources,
# until this file changes.
#
#   make_base.sh CACHE
#
# CARILLON_DEBIAN_MIRROR: where packages come from (default: deb.debian.org).
# As make_root.sh; who calls holds the lock of CACHE.
set -euo pipefail
cache=$1
mirror=${CARILLON_DEBIAN_MIRROR:-http://deb.debian.org}
base=$cache/image-base-$(cat "$0" <(echo "$mirror") | sha256sum | cut -c -16)
if [[ ! -e $base.done ]]; then
  rm -rf --one-file-system "$cache"/image-base-*
  debootstrap --variant=minbase bookworm "$base" "$mirror/debian" >&2
  rm -rf "$base"/var/cache/apt/archives/*.deb "$base"/etc/apt/sources.list.d/*
  printf 'deb %s main\n' "$mirror/debian bookworm" "$mirror/debian bookworm-updates" \
    "$mirror/debian-security bookworm-security" >"$base/etc/apt/sources.list"
  touch "$base.done"
fi
echo "$base"
