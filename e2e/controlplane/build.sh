#!/usr/bin/env bash
# Builds the control plane once for each content and prints the path of the finished program as the last line on
# standard output. Progress goes to standard error. Two runs at once build once.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${SLIPWAY_CACHE:-$HOME/.cache/slipway}/controlplane"

say() { echo "controlplane: $*" >&2; }

if ! command -v go >/dev/null; then
    say "Go is missing: install Go 1.25 or newer (https://go.dev/dl) and put it on PATH"
    exit 1
fi

# One fixed set of settings: changing any of them would compile all of Kubernetes again.
export GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 GOFLAGS="-mod=readonly -buildvcs=false -trimpath"

cd "$here"
# Relative names, so that two clones share one result.
content="$(
    {
        find . -name '*.go' -o -name go.mod -o -name go.sum -o -name build.sh | LC_ALL=C sort | xargs sha256sum
        go env GOVERSION GOOS GOARCH
    } | sha256sum | cut -c1-16
)"
folder="$cache/$content"
program="$folder/controlplane"
if [ -x "$program" ]; then
    echo "$program"
    exit 0
fi

mkdir -p "$folder"
exec 9>"$folder/lock"
if ! flock --nonblock 9; then
    say "waiting for another build of the same"
    flock 9
fi
if [ ! -x "$program" ]; then
    version="$(sed -n 's#^\tk8s.io/kubernetes \(v[0-9.]*\)$#\1#p' go.mod)"
    IFS=. read -r major minor _ <<<"${version#v}"
    stamp="k8s.io/component-base/version"
    # A fixed date keeps the program the same for the same content.
    flags="-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=$major -X $stamp.gitMinor=$minor"
    flags="$flags -X $stamp.gitTreeState=clean -X $stamp.buildDate=2026-01-01T00:00:00Z"
    begin=$SECONDS
    say "fetching modules (about 90 MB, once)"
    go mod download >&2
    say "building Kubernetes $version (about 8 minutes on 2 cores the first time)"
    go build -ldflags "$flags" -o "$program.new" . &
    builder=$!
    trap 'kill "$builder" 2>/dev/null || true; rm -f "$program.new"' EXIT
    while kill -0 "$builder" 2>/dev/null; do
        for _ in $(seq 30); do
            kill -0 "$builder" 2>/dev/null || break
            sleep 1
        done
        kill -0 "$builder" 2>/dev/null && say "still building, $((SECONDS - begin)) s so far"
    done
    wait "$builder"
    ln -sfn controlplane "$folder/kubectl"
    mv "$program.new" "$program"
    trap - EXIT
    say "built in $((SECONDS - begin)) s"
fi
echo "$program"
