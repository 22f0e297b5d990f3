#!/bin/sh
# Gives every package of image/packages the version that this machine's mirror of Debian 12 has now
# (after `apt-get update`), and the Dockerfile the day's snapshot. Which packages there are is
# decided by hand: root.sh and tests/image say what is missing and what is not needed.
set -eu
cd "$(dirname "$0")"
new=$(sed -n '/^#/p' packages
  sed -n 's/^\([a-z0-9][^=]*\).*/\1/p' packages | while read -r name; do
    echo "$name=$(LC_ALL=C apt-cache policy "$name" | sed -n 's/^ *Candidate: //p')"
  done)
printf '%s\n' "$new" >packages
sed -i "s/^ARG SNAPSHOT=.*/ARG SNAPSHOT=$(date -u +%Y%m%dT000000Z)/" ../Dockerfile
