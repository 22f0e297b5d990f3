#!/usr/bin/env bash
# Runs a program of the image as a container engine does under Kubernetes' "restricted" profile: in a
# file system that is read-only but for the data folder, under the image's user, without any
# capability and without a way to get one. It takes this process's place.
#
#   enter.sh ROOT BUILT CONFIG DATA SECRETS COMMAND...
#
# BUILT: what image/programs.sh put there; CONFIG: folder at /etc/carillon; DATA: folder at /var/lib/carillon, or `-`
# to leave it read-only; SECRETS: folder at /etc/carillon-secrets, or `-`.
# As root of a mount namespace of its own.
set -euo pipefail
root=$1 built=$2 config=$3 data=$4 secrets=$5
shift 5

mount --bind "$root" "$root"
while read -r file; do
  mount --bind "$built/$file" "$root/$file"
  mount -o remount,bind,ro "$root/$file"
done < <(cd "$built" && find . -type f)
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
