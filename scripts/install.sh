#!/usr/bin/env bash
# Installs the Debian 12 packages that Carillon is built, tested and measured with: those that are
# missing, nothing else, without a question. Says nothing when none is missing.
#
#   scripts/install.sh [build|console|test|bench|watch|lint]...   (default: all but lint, which is for
#                                                                 scripts/lint.sh --changed)
#
# CARILLON_SKIP_INSTALL=1 skips it, for systems other than Debian 12 that have the same versions.
set -euo pipefail

if [[ "${1:-}" == -h || "${1:-}" == --help ]]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
  exit 0
fi
[[ "${CARILLON_SKIP_INSTALL:-}" == 1 ]] && exit 0

# group:package. FindProtobuf, FindCURL and the like find no more than what stands here.
packages=(
  build:clang-19 build:lld-19 build:libclang-rt-19-dev build:llvm-19 build:libstdc++-12-dev
  build:ccache build:ninja-build build:cmake build:pkg-config
  build:protobuf-compiler build:protobuf-compiler-grpc build:libgrpc++-dev build:libgrpc-dev
  build:libprotobuf-dev build:libabsl-dev build:libboost1.81-dev build:nlohmann-json3-dev
  build:prometheus-cpp-dev build:libcurl4-openssl-dev build:zlib1g-dev build:libdeflate-dev
  build:libssl-dev
  build:libsqlite3-dev build:libyaml-cpp-dev build:libspdlog-dev build:libfmt-dev build:libcli11-dev
  build:libidn2-dev build:libc-ares-dev build:libre2-dev build:libgtest-dev build:libgmock-dev
  test:python3 test:python3-pip test:python3-yaml test:openssl test:curl test:ca-certificates
  test:iproute2 test:prometheus
  test:clang-format-19 test:shellcheck test:codespell test:debootstrap test:etcd-server
  test:chromium
  console:protobuf-compiler console:libprotobuf-dev
  lint:clang-tidy-19
  bench:python3 bench:nginx bench:openssl bench:wrk bench:iproute2
  watch:python3 watch:python3-yaml watch:openssl watch:prometheus
)
# Node.js and its npm may also be there from elsewhere, and then exclude Debian's.
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  packages+=(test:nodejs test:npm console:nodejs console:npm)
fi
# Any Go fetches the one that tests/chart/tools/build.sh needs, as it comes as a Go module.
if ! command -v go >/dev/null; then
  packages+=(test:golang-go)
fi
# What these packages bring as services (package, or package:service); only the programs are wanted.
services=(civetweb etcd-server:etcd nginx prometheus)

groups=("$@")
(( ${#groups[@]} )) || groups=(build console test bench watch)
for group in "${groups[@]}"; do
  case "$group" in
    build | console | test | bench | watch | lint) ;;
    *) echo "install.sh: no such group: $group (there are: build console test bench watch lint)" >&2; exit 2 ;;
  esac
done

installed() { [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

system=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown} ${VERSION_ID:-}" || echo unknown)
if [[ "$system" != "debian 12" ]]; then
  echo "install.sh: this is '$system'; Carillon is built with the packages of Debian 12." >&2
  echo "  Use a Debian 12 machine or container, or install the same versions yourself and set" >&2
  echo "  CARILLON_SKIP_INSTALL=1." >&2
  exit 1
fi

missing=()
for entry in "${packages[@]}"; do
  package=${entry#*:}
  for group in "${groups[@]}"; do
    if [[ "${entry%%:*}" == "$group" && " ${missing[*]:-} " != *" $package "* ]] &&
      ! installed "$package"; then
      missing+=("$package")
    fi
  done
done
(( ${#missing[@]} )) || exit 0

as_root=()
if (( $(id -u) != 0 )); then
  if ! command -v sudo >/dev/null; then
    echo "install.sh: missing packages, and neither root nor sudo to install them:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"; }
install() { apt install -y --no-install-recommends "${missing[@]}" </dev/null; }

new_services=()
for service in "${services[@]}"; do
  installed "${service%%:*}" || new_services+=("${service##*:}")
done
# While this file says no, no package starts its service.
policy=/usr/sbin/policy-rc.d
if [[ ! -e "$policy" ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi

echo "Installing: ${missing[*]}"
# The lists at hand often do; a second try with fresh ones tells old lists from real trouble.
if ! apt install -y --no-install-recommends --dry-run "${missing[@]}" >/dev/null 2>&1 ||
  ! install >/dev/null; then
  apt update >/dev/null
  install >/dev/null
fi

if [[ -d /run/systemd/system ]]; then
  for service in "${new_services[@]}"; do
    "${as_root[@]}" systemctl disable --now "$service" >/dev/null 2>&1 || true
  done
fi
