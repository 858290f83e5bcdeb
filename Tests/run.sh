#!/usr/bin/env bash
# Installs what the tests need and passes them all: `Tests/run.sh`.
#
#   Tests/run.sh                  everything
#   Tests/run.sh --filter NAME    only the suites or tests whose name matches (as `swift test --filter`)
set -euo pipefail
cd "$(dirname "$0")/.."

. deploy/packages.sh
install_packages $build_packages $test_packages

# ORAS, as PyPI has it, in a place of its own: Debian 12 has no package of the command-line tool.
tools=.build/tools
if [ ! -x "$tools/bin/python" ]; then
    python3 -m venv "$tools"
fi
"$tools/bin/python" -c 'import oras' 2>/dev/null || "$tools/bin/pip" install --quiet "oras>=0.2,<0.3"
SPECMAN_TEST_PYTHON="$PWD/$tools/bin/python"
export SPECMAN_TEST_PYTHON

echo "== format"
swift format lint --strict --recursive Package.swift Sources Tests

echo "== build"
swift build --build-tests

echo "== test"
# The sums of a test that hangs are worth more than its silence: the runner is given half an hour.
exec timeout 1800 swift test --skip-build "$@"
