#!/bin/sh
# Prints what the system it runs in is made of as CycloneDX JSON (1.5): every package that dpkg has,
# and Carillon. The same packages give the same text.
#
#   sbom.sh VERSION      of Carillon
set -eu

quoted() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$/"/'; }
# Of a package URL: what stands in Debian's versions and may not stand there as it is.
escaped() { printf '%s' "$1" | sed 's/%/%25/g; s/+/%2B/g; s/:/%3A/g; s/~/%7E/g'; }

name=$(. /etc/os-release && echo "$ID-$VERSION_ID")
printf '{\n "bomFormat": "CycloneDX",\n "specVersion": "1.5",\n "version": 1,\n "metadata": {\n'
printf '  "component": {"type": "container", "bom-ref": "image", "name": "carillon", "version": %s}\n },\n' \
  "$(quoted "$1")"
printf ' "components": [\n'
printf '  {"type": "application", "bom-ref": "carillon", "name": "carillon", "version": %s,\n' \
  "$(quoted "$1")"
printf '   "licenses": [{"license": {"id": "Apache-2.0"}}]}'
dpkg-query -W -f '${db:Status-Status} ${Package} ${Version} ${Architecture} ${source:Package}\n' |
  LC_ALL=C sort | while read -r status package version architecture source; do
  [ "$status" = installed ] || continue
  url="pkg:deb/debian/$(escaped "$package")@$(escaped "$version")?arch=$architecture&distro=$name"
  printf ',\n  {"type": "library", "bom-ref": %s, "name": %s, "version": %s,\n   "purl": %s,\n' \
    "$(quoted "$url")" "$(quoted "$package")" "$(quoted "$version")" "$(quoted "$url")"
  printf '   "properties": [{"name": "debian:source", "value": %s}]}' "$(quoted "$source")"
done
printf '\n ]\n}\n'
