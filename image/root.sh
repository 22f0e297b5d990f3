#!/bin/sh
# Makes the image's final stage out of Debian's base system. Runs inside it, as root: in the
# Dockerfile, and in the root that tests/image makes by debootstrap, so that both are the same.
#
#   root.sh FOLDER VERSION      FOLDER: this one; VERSION: Carillon's, for the SBOM
#
# PINS=names takes the versions that the mirror has, not those of image/packages.
set -eu
folder=$1
version=$2
export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-unsafe-io "$@"; }
installed() { dpkg-query -W -f '${Package}\n' | LC_ALL=C sort; }

packages=$(sed 's/#.*//' "$folder/packages")
names=$(echo "$packages" | sed 's/=.*//')
[ "${PINS:-versions}" = versions ] || packages=$names

apt update
apt -y upgrade >/dev/null
before=$(installed)
# shellcheck disable=SC2086  # one word for each package
apt -y install --no-install-recommends $packages >/dev/null
more=
for name in $(installed); do
  printf '%s\n' "$before" "$names" | grep -qxF "$name" || more="$more $name"
done
if [ -n "$more" ]; then
  echo "root.sh: packages came along that image/packages does not list:$more" >&2
  exit 1
fi

# The user, without a shell and without a password, and the one folder it may write in.
echo 'carillon:x:65532:65532:Carillon:/var/lib/carillon:/usr/sbin/nologin' >>/etc/passwd
echo 'carillon:x:65532:' >>/etc/group
mkdir -p /etc/carillon /var/lib/carillon /usr/share/carillon
chown 65532:65532 /var/lib/carillon
chmod 0700 /var/lib/carillon
sh "$folder/sbom.sh" "$version" >/usr/share/carillon/sbom.cdx.json

# Nobody becomes somebody else.
find / -xdev -type f -perm /6000 -exec chmod a-s {} +
# What only people and package managers read, and what differs from build to build.
apt clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/* \
  /var/log/* /var/lib/dpkg/*-old /usr/share/doc/* /usr/share/man/* /usr/share/info/* \
  /usr/share/locale/* /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /tmp/* /var/tmp/*
