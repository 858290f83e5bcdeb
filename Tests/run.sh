#!/usr/bin/env bash
# Installs what the tests need and passes them all: `Tests/run.sh`.
#
#   Tests/run.sh                  everything
#   Tests/run.sh --filter NAME    only the suites or tests whose name matches (as `swift test --filter`)
#   Tests/run.sh --long           with the soaks and long rounds of faults too, an hour or so; also with --filter
#   Tests/run.sh --sanitize       under the address and the thread sanitizer, each with a build of its own
set -euo pipefail
cd "$(dirname "$0")/.."

long=
if [ "${1:-}" = --long ]; then
    long=1
    shift
fi

. deploy/packages.sh
require_swift
install_packages $build_packages $test_packages

install_python_tools
export SPECMAN_TEST_PYTHON="$python_tools_bin"

if [ "${1:-}" = --sanitize ]; then
    shift
    Tests/sanitize.sh address "$@"
    Tests/sanitize.sh thread "$@"
    exit
fi

echo "== format"
swift format lint --strict --recursive Package.swift Sources Tests

echo "== build"
swift build --build-tests

if [ "$#" -eq 0 ]; then
    # What deploy/quickstart.sh builds: the optimizer refuses some of what a debug build lets pass.
    echo "== release build"
    build_release specman
    export SPECMAN_TEST_OPTIMIZED="$built"
fi

echo "== test"
# A test that hangs must not hang for ever: the runner is given half an hour, two where long tests are wanted. At a
# terminal it stays in the foreground, where Ctrl-C reaches it.
limit=(timeout)
if [ -t 0 ]; then limit+=(--foreground); fi
seconds=1800
if [ -n "$long" ]; then
    export SPECMAN_TEST_LONG=1
    seconds=7200
fi
exec "${limit[@]}" "$seconds" swift test --skip-build --disable-xctest "$@"
