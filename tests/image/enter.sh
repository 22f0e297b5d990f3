#!/usr/bin/env bash
# Runs a program of the image as a container engine does under Kubernetes' "restricted" profile: in a
# file system that is read-only but for the data folder, under the image's user, without any
# capability and without a way to get one. It takes this process's place.
#
#   enter.sh ROOT PROGRAMS CONFIG DATA SECRETS COMMAND...
#
# CONFIG: folder at /etc/carillon; DATA: folder at /var/lib/carillon, or `-` to leave it read-only; SECRETS:
# folder at /etc/carillon-secrets, or `-`.
# As root of a mount namespace of its own.
set -euo pipefail
root=$1 programs=$2 config=$3 data=$4 secrets=$5
shift 5

mount --bind "$root" "$root"
for program in "$programs"/*; do
  mount --bind "$program" "$root/usr/bin/${program##*/}"
  mount -o remount,bind,ro "$root/usr/bin/${program##*/}"
done
mount --bind "$config" "$root/etc/carillon"
mount -o remount,bind,ro "$root/etc/carillon"
[[ $data == - ]] || mount --bind "$data" "$root/var/lib/carillon"
if [[ $secrets != - ]]; then
  mkdir -p "$root/etc/carillon-secrets"  # as a container engine makes the place of a mount
  mount --bind "$secrets" "$root/etc/carillon-secrets"
  mount -o remount,bind,ro "$root/etc/carillon-secrets"
fi
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
exec chroot "$root" /usr/bin/setpriv --reuid=65532 --regid=65532 --clear-groups \
  --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs "$@"
