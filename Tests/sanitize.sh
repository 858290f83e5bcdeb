#!/usr/bin/env bash
# Runs tests under a sanitizer: `Tests/sanitize.sh address|thread [--filter NAME…]`; `Tests/run.sh --sanitize` does both.
#
# Left out are the suites that measure memory or count calls, which the sanitizers multiply, and InteropTests: what they
# add to the others is other people's programs, which aren't instrumented, and under a sanitizer they take an hour.
# Any report fails the run, also one of a daemon that a test has started: see .build-asan/report.*, .build-tsan/report.*.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=$1
shift
# A report is written, and the run goes on to the next one; the exit status tells of it, too.
case $kind in
    address) scratch=$PWD/.build-asan ;;
    thread) scratch=$PWD/.build-tsan ;;
    *) echo "sanitize.sh: address or thread, not $kind" >&2; exit 64 ;;
esac
mkdir -p "$scratch"
rm -f "$scratch"/report.*
# Swift's runtime and the test library keep memory for good: leaks are not what is looked for here.
# Foundation's Process, which the tests start programs with, copies a whole `struct dirent` for each descriptor: more than
# readdir has given where an entry is near the end of its buffer.
echo 'interceptor_via_fun:*findMaximumOpenFromProcSelfFD*' >"$scratch/suppressions"
export ASAN_OPTIONS="log_path=$scratch/report:detect_leaks=0:suppressions=$scratch/suppressions"
export TSAN_OPTIONS="log_path=$scratch/report:exitcode=66"

# What is built is a copy, with a scratch directory of its own: a run, also one that is cut off or during which somebody
# edits, changes nothing of the tree and nothing of its ordinary build.
source=$scratch/source
rm -rf "$source"
mkdir -p "$source"
cp -a Package.swift Sources Tests deploy config README.md "$source"/
[ ! -e Package.resolved ] || cp -a Package.resolved "$source"/
if [ "$kind" = thread ]; then
    # The sanitizer has to see the locks: each target that uses them gets Tests/Sanitizer/Mutex.swift.
    grep -rl --include='*.swift' '^\(.* \)\?import Synchronization' "$source/Sources" "$source/Tests" \
        | sed -n "s|^\($source/[^/]*/[^/]*\)/.*|\1|p" | sort -u | grep -v '/Tests/Sanitizer$' \
        | while read -r target; do cp -a Tests/Sanitizer/Mutex.swift "$target/WatchedMutex.swift"; done
    # The stand-in is unsafe by nature; that the real code says where it is, is checked by the ordinary build.
    sed -i 's/ + \[\.strictMemorySafety()\]//; /treatAllWarnings/d' "$source/Package.swift"
fi

echo "== build with the $kind sanitizer"
cd "$source"
swift build --build-tests --scratch-path "$scratch" --sanitize="$kind"

echo "== test with the $kind sanitizer"
status=0
timeout 3600 swift test --skip-build --disable-xctest --scratch-path "$scratch" --sanitize="$kind" \
    --skip InteropTests --skip MemoryTests --skip LargeArchiveTests --skip CountTests \
    --skip ConventionTests "$@" || status=$?
if compgen -G "$scratch/report.*" >/dev/null; then
    echo "the $kind sanitizer has reported:" >&2
    cat "$scratch"/report.* >&2
    exit 1
fi
exit "$status"
