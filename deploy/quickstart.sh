#!/usr/bin/env bash
# From a fresh machine with Swift and apt to a daemon that serves a sample release on https://localhost:8443.
#
#   deploy/quickstart.sh                 installs, builds, serves in the background
#   deploy/quickstart.sh --foreground    the same, but stays in the terminal until Ctrl-C
#
# Everything it makes lies below .build/quickstart; a daemon that an earlier run left is replaced.
# SPECMAN_QUICKSTART_PORT (8443) and SPECMAN_QUICKSTART_MANAGEMENT_PORT (9090) choose other ports.
set -euo pipefail
cd "$(dirname "$0")/.."
port="${SPECMAN_QUICKSTART_PORT:-8443}"
management="${SPECMAN_QUICKSTART_MANAGEMENT_PORT:-9090}"

case "$#:${1:-}" in
0: | 1:--foreground) ;;
*)
    # The comment above is the help.
    sed -n '2,/^set/s/^# \{0,1\}//p' deploy/quickstart.sh
    if [ "$1" = "--help" ]; then exit 0; fi
    exit 64
    ;;
esac

. deploy/packages.sh
require_swift
install_packages $build_packages curl

echo "== building (the first time takes some minutes)"
build_release specman
bin="$built"
home="$PWD/.build/quickstart"
mkdir -p "$home"

# Whether the process is a daemon of this folder: its number may be another program's by now. A program that was built
# again shows as deleted.
is_ours() {
    local program
    program="$(readlink "/proc/$1/exe" 2>/dev/null)" || return 1
    [ "${program% (deleted)}" = "$bin" ]
}
old="$(cat "$home/pid" 2>/dev/null || true)"
if [ -n "$old" ] && is_ours "$old"; then
    echo "== stopping the daemon that the last run left (process $old)"
    kill "$old" 2>/dev/null || true
    # Running answers may take listener.drainTimeout, 20 s.
    for _ in $(seq 300); do
        is_ours "$old" || break
        sleep 0.1
    done
fi
rm -f "$home/pid"

if [ ! -f "$home/registry/index.json" ]; then
    echo "== making a sample release in an OCI image layout"
    rm -rf "$home/sample"
    cp -R deploy/sample "$home/sample"
    "$bin" push "$home/sample" "oci-layout:$home/registry:1.0.0"
fi
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

  echo "now: \$(date)" > $home/sample/now.yaml
  $bin push $home/sample oci-layout:$home/registry:1.0.1
  curl -k https://localhost:$port/now.yaml

GUIDE
}

if [ "${1:-}" = "--foreground" ]; then
    guide
    echo $$ >"$home/pid"
    exec "$bin" serve --config "$home/specman.yaml"
fi

echo "== starting the daemon"
nohup "$bin" serve --config "$home/specman.yaml" >"$home/log" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$home/pid"
for _ in $(seq 300); do
    # Another daemon might answer on this port: ours has to be running, too.
    if "$bin" healthcheck --config "$home/specman.yaml" >/dev/null 2>&1 && kill -0 "$pid" 2>/dev/null; then
        guide
        echo "Log: $home/log    Stop: kill $pid"
        exit 0
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
echo "quickstart: the daemon did not become ready; its log says:" >&2
tail -n 5 "$home/log" >&2
echo "SPECMAN_QUICKSTART_PORT and SPECMAN_QUICKSTART_MANAGEMENT_PORT choose other ports." >&2
kill "$pid" 2>/dev/null || true
rm -f "$home/pid"
exit 1
