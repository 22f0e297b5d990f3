#!/usr/bin/env bash
# Builds the console with the Node.js and npm of Debian 12, in a root of its own that scripts/install.sh fills, and
# compares the pages with those that this machine's Node.js made: they are the same, byte for byte.
#
#   debian_node.sh DIST      DIST: the pages to compare with
#
# The root is kept in ${XDG_CACHE_HOME:-~/.cache}/carillon until scripts/install.sh changes. As root of a mount namespace
# of its own (../image/run.sh). CARILLON_DEBIAN_MIRROR: where packages come from.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/carillon dist=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
sources=$(cd "$here/../.." && pwd)

key=$(cat "$sources/scripts/install.sh" "$sources/tests/image/make_base.sh" "$here/debian_node.sh" \
  <(echo "${CARILLON_DEBIAN_MIRROR:-}") | sha256sum | cut -c -16)
root=$cache/node-root-$key
mkdir -p "$cache"
exec 9>"$cache/image-root.lock"
flock 9
if [[ ! -e $root.done ]]; then
  rm -rf --one-file-system "$cache"/node-root-*
  cp -a "$("$sources/tests/image/make_base.sh" "$cache")" "$root"
  mkdir "$root"/{src,work,out}
  echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/unsafe-io"  # a root that was not finished is made anew
fi
inside() {
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}
mount --bind "$sources" "$root/src"
mount -o remount,bind,ro "$root/src"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
if [[ ! -e $root.done ]]; then
  inside apt-get -qq update
  inside /src/scripts/install.sh console
  touch "$root.done"
fi
flock -u 9

echo "Node.js $(inside node --version), npm $(inside npm --version)"
# npm asks whom it asks here, and trusts whom it trusts here.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
cd /
inside NPM_CONFIG_REGISTRY="$(npm config get registry)" NPM_CONFIG_CAFILE=/etc/ssl/certs/ca-certificates.crt \
  /src/services/console/build.sh /work /out/console.pak
diff -r "$dist" "$root/work/dist"
