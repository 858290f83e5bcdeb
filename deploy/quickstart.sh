#!/usr/bin/env bash
# From a fresh machine with Swift and apt to a daemon that serves a sample release on https://localhost:8443.
#
#   deploy/quickstart.sh                 installs, builds, serves in the background
#   deploy/quickstart.sh --foreground    the same, but stays in the terminal until Ctrl-C
#
# Everything it makes lies below .build/quickstart. SPECMAN_QUICKSTART_PORT (8443) and
# SPECMAN_QUICKSTART_MANAGEMENT_PORT (9090) choose other ports.
set -euo pipefail
cd "$(dirname "$0")/.."
port="${SPECMAN_QUICKSTART_PORT:-8443}"
management="${SPECMAN_QUICKSTART_MANAGEMENT_PORT:-9090}"

command -v swift >/dev/null || {
    echo "quickstart: no swift on this machine; install Swift 6.2 or later (https://www.swift.org/install/linux)" >&2
    exit 1
}

. deploy/packages.sh
install_packages $build_packages curl ca-certificates

echo "== building (the first time takes some minutes)"
swift build -c release --product specman
bin="$(swift build -c release --show-bin-path)/specman"

home="$PWD/.build/quickstart"
mkdir -p "$home"
if [ -f "$home/pid" ] && kill -0 "$(cat "$home/pid")" 2>/dev/null; then
    echo "== stopping the daemon that the last run left (process $(cat "$home/pid"))"
    kill "$(cat "$home/pid")"
    while kill -0 "$(cat "$home/pid")" 2>/dev/null; do sleep 0.1; done
fi
rm -f "$home/pid"

echo "== making a sample release in an OCI image layout"
"$bin" push deploy/sample "oci-layout:$home/registry:1.0.0"
cat >"$home/specman.yaml" <<CONFIG
source:
  repository: oci-layout:$home/registry
  interval: 5s
storage:
  directory: $home/data
listener:
  address: "[::]:$port"
management:
  address: 127.0.0.1:$management
CONFIG

guide() {
    cat <<GUIDE

specman serves the sample on https://localhost:$port. Try:

  curl --cacert $home/data/tls/tls.crt https://localhost:$port/roar/nickfury/versions.yaml
  curl --cacert $home/data/tls/tls.crt https://localhost:$port/-/status
  curl -k https://localhost:$port/                     # or open it in a browser
  curl http://127.0.0.1:$management/metrics

Change something and watch it being taken over within seconds:

  echo "now: \$(date)" > deploy/sample/now.yaml
  $bin push deploy/sample oci-layout:$home/registry:1.0.1
  curl -k https://localhost:$port/now.yaml

GUIDE
}

if [ "${1:-}" = "--foreground" ]; then
    guide
    exec "$bin" serve --config "$home/specman.yaml"
fi

echo "== starting the daemon"
nohup "$bin" serve --config "$home/specman.yaml" >"$home/log" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$home/pid"
for _ in $(seq 300); do
    if "$bin" healthcheck --config "$home/specman.yaml" 2>/dev/null; then
        guide
        echo "Log: $home/log    Stop: kill $pid"
        exit 0
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
echo "quickstart: the daemon did not become ready; its log says:" >&2
tail -n 5 "$home/log" >&2
kill "$pid" 2>/dev/null || true
exit 1
