#!/usr/bin/env bash
# Builds programs from their Go modules, pinned by a go.mod and its go.sum, and prints the folder that holds
# them. What was built from the same files stays in the user's cache, outside of the source tree.
#
#   build.sh helm          helm3 and helm4
#   build.sh kubernetes    kube-apiserver, kube-controller-manager and kubectl
#   build.sh probe         probe, which has kubelet's probers
#   build.sh clients       client, which is tests/interop/go, and grpcurl
#   build.sh go ARG...     runs the Go that builds them
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=${1:?helm, kubernetes, probe, clients or go}
kubernetes=v1.35.4

case "$what" in
  helm) module=$here ;;
  kubernetes | probe) module=$here/../../apiserver/kubernetes ;;
  clients) module=$here/../../interop/go ;;
  go) ;;
  *) echo "build.sh: no such set of programs: $what" >&2; exit 2 ;;
esac
# The Go of this machine where it is new enough (from 1.21 on it fetches a newer one by itself). Debian 12's
# fetches the pinned one as a module, checked against Go's checksum database like any other.
toolchain=1.26.8
if ! command -v go >/dev/null; then
  echo "build.sh: no Go here: apt-get install golang-go" >&2
  exit 1
fi
if ! go version | grep -qE 'go1\.(2[1-9]|[3-9][0-9])'; then
  folder=$(cd / && go mod download -json \
    "golang.org/toolchain@v0.0.1-go$toolchain.linux-$(go env GOARCH)" |
    sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  chmod -R u+w,a+X "$folder" && chmod a+x "$folder"/bin/* "$folder"/pkg/tool/*/*
  PATH=$folder/bin:$PATH
fi

[[ "$what" == go ]] && exec go "${@:2}"

sources=("$module/go.mod" "$module/go.sum" "$here/build.sh")
[[ "$what" == probe ]] && sources+=("$module/probe/main.go")
[[ "$what" == clients ]] && sources+=("$module/main.go")
sum=$(cat "${sources[@]}" <(go version) | sha256sum | cut -c1-16)
out=${XDG_CACHE_HOME:-$HOME/.cache}/carillon/$what-$sum
mkdir -p "$out"
exec 9>"$out/.lock"
flock 9
# The programs run for a minute and are built for many, from nothing where there is no cache: without
# inlining, debug information and the compiler's garbage collection that takes 0.54 of the CPU
# (k8s.io/api/core/v1 and what it needs: 91 and 49 s). The bound on memory holds for each compiler.
build() {  # build NAME PACKAGE [LDFLAGS]: in a file of its own until it is whole
  [[ -x "$out/$1" ]] && return
  (cd "$module" && CGO_ENABLED=0 GOFLAGS=-mod=readonly GOGC=off GOMEMLIMIT=3GiB \
    go build -trimpath -buildvcs=false -gcflags='all=-l -dwarf=false' -ldflags "-s -w ${3:-}" -o "$out/.$1" "$2") >&2
  mv "$out/.$1" "$out/$1"
}

if [[ "$what" == helm ]]; then
  build helm3 helm.sh/helm/v3/cmd/helm "-X helm.sh/helm/v3/internal/version.version=v3.22.0"
  build helm4 helm.sh/helm/v4/cmd/helm "-X helm.sh/helm/v4/internal/version.version=v4.3.1"
elif [[ "$what" == probe ]]; then
  build probe ./probe
elif [[ "$what" == clients ]]; then
  build client .
  build grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl "-X main.version=v1.9.3"
else
  # Clients refuse a server that does not know its version.
  flags="-X k8s.io/component-base/version.gitVersion=$kubernetes"
  flags+=" -X k8s.io/client-go/pkg/version.gitVersion=$kubernetes"
  for program in kube-apiserver kube-controller-manager kubectl; do
    build "$program" "k8s.io/kubernetes/cmd/$program" "$flags"
  done
fi
echo "$out"
