#!/usr/bin/env bash
# Makes the final stage of the Dockerfile without a container engine: Debian's base by debootstrap,
# then image/root.sh in it. Prints its folder. It is kept, outside of the sources, until something in
# image/ changes, and the base for longer; where a program or the console will be there is an empty
# file, to mount it on.
#
#   make_root.sh CACHE VERSION
#
# CARILLON_DEBIAN_MIRROR: where packages come from (default: deb.debian.org).
# As root, or as `root` of a user namespace into which users are mapped (run.sh).
set -euo pipefail
cache=$1 version=$2
here=$(cd "$(dirname "$0")" && pwd)
image=$(cd "$here/../../image" && pwd)
mirror=${CARILLON_DEBIAN_MIRROR:-http://deb.debian.org}

key=$(cat "$image"/{packages,root.sh,sbom.sh} "$here"/make_{base,root}.sh <(echo "$version $mirror") |
  sha256sum | cut -c -16)
root=$cache/image-root-$key
mkdir -p "$cache"
exec 9>"$cache/image-root.lock"
flock 9
if [[ -e $root.done ]]; then
  echo "$root"
  exit 0
fi

log=$cache/image-root.log
trap 'echo "make_root.sh: it failed; the end of $log:" >&2; tail -20 "$log" >&2' ERR
rm -rf --one-file-system "$cache"/image-root-*
base=$("$here/make_base.sh" "$cache" 2>"$log")
cp -a "$base" "$root"
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp -r "$image" "$root/tmp/image"
PINS=names chroot "$root" /tmp/image/root.sh /tmp/image "$version" >>"$log" 2>&1
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
touch "$root"/usr/bin/{carillond,carillon,carillon-sink} "$root/usr/share/carillon/console.pak" "$root/etc/resolv.conf"
touch "$root.done"
echo "$root"
