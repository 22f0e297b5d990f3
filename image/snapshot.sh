#!/bin/sh
# Makes apt take its packages from Debian's archive as it was at a time; runs as root. The lists are
# signed all the same.
#
#   snapshot.sh TIME      e.g. snapshot.sh 20261126T000000Z
set -eu
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
for suite in debian:bookworm debian:bookworm-updates debian-security:bookworm-security; do
  echo "deb [check-valid-until=no] http://snapshot.debian.org/archive/${suite%%:*}/$1" \
    "${suite#*:} main"
done >/etc/apt/sources.list
