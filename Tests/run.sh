#!/usr/bin/env bash
# Installs what the tests need and passes them all: `Tests/run.sh`.
#
#   Tests/run.sh                  everything
#   Tests/run.sh --filter NAME    only the suites or tests whose name matches (as `swift test --filter`)
set -euo pipefail
cd "$(dirname "$0")/.."

. deploy/packages.sh
require_swift
install_packages $build_packages $test_packages

# ORAS, as PyPI has it, in a place of its own: Debian 12 has no package of the command-line tool. The system's Python,
# as that is the one whose venv module was installed; made anew where an earlier run was interrupted.
tools=.build/tools
if ! "$tools/bin/python" -c 'import oras' 2>/dev/null; then
    echo "== installing oras"
    /usr/bin/python3 -m venv --clear "$tools"
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check "oras>=0.2,<0.3"
fi
SPECMAN_TEST_PYTHON="$PWD/$tools/bin/python"
export SPECMAN_TEST_PYTHON

echo "== format"
swift format lint --strict --recursive Package.swift Sources Tests

echo "== build"
swift build --build-tests

if [ "$#" -eq 0 ]; then
    # What deploy/quickstart.sh builds: the optimizer refuses some of what a debug build lets pass.
    echo "== release build"
    swift build -c release --product specman
fi

echo "== test"
# A test that hangs must not hang for ever: the runner is given half an hour. At a terminal it stays in the foreground,
# where Ctrl-C reaches it.
limit=(timeout)
if [ -t 0 ]; then limit+=(--foreground); fi
exec "${limit[@]}" 1800 swift test --skip-build --disable-xctest "$@"
