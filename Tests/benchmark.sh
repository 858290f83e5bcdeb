#!/usr/bin/env bash
# Compares specman, on this machine, with what would be used in its place: nginx, h2o, Caddy and Go's file server for
# serving, `curl | tar xz` and ORAS for syncing. Prints one table; the ratios are what counts.
#
#   Tests/benchmark.sh                    everything, under half an hour; writes Tests/Benchmark/RESULTS.md
#   Tests/benchmark.sh --quick            nginx and tar alone, under two minutes
#   Tests/benchmark.sh --only serving     one part: serving, idle, sync, growth; or endurance: 512 connections for ten
#                                         minutes, which is no part of everything
#   Tests/benchmark.sh --scenario "4 KiB" what of serving; all else, too, without --only serving
set -euo pipefail
cd "$(dirname "$0")/.."

. deploy/packages.sh
require_swift
install_packages $build_packages docker-registry openssl curl tar gzip python3-venv wrk nginx-light h2o caddy golang-go
install_python_tools

build_release specman
specman="$built"
build_release benchmark
results=()
# Only a whole run is worth keeping.
[ "$#" -gt 0 ] || results=(--results Tests/Benchmark)
ulimit -n "$(ulimit -Hn)"
exec "$built" --specman "$specman" --python "$python_tools_bin" "${results[@]}" "$@"
