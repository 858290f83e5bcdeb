#!/usr/bin/env bash
# Feeds the readers of what comes from outside with whatever libFuzzer thinks up: `Tests/fuzz.sh [SECONDS] [TARGET…]`.
#
# Each target (by default all of them) runs for so many seconds (60), with the address sanitizer. What it begins with is
# in Tests/Seeds; what it learns stays in .build-fuzz, so that the next run goes on from there. An input that breaks
# something is kept and named: mend the fault, then put the input among the seeds, where every test run replays it.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
[ "$#" -gt 0 ] && shift
if [ "$#" -gt 0 ]; then targets=("$@"); else targets=(tar layer members manifest challenge http records yaml); fi

. deploy/packages.sh
require_swift
install_packages $build_packages

# One program for all targets. The flags go to every module: what isn't instrumented shows libFuzzer no new paths.
# Optimized, as libFuzzer lives from the number of tries; overflow and bounds are checked all the same.
echo "== build"
SPECMAN_FUZZ=1 swift build --scratch-path .build-fuzz --product Fuzz -Xswiftc -sanitize=fuzzer,address -Xswiftc -O \
    -Xcc -fsanitize=fuzzer-no-link,address

status=0
for target in "${targets[@]}"; do
    echo "== $target, $seconds s"
    corpus=.build-fuzz/corpus/$target
    mkdir -p "$corpus" .build-fuzz/found
    # A trap is what libFuzzer waits for; Swift's own backtrace would take its place.
    SPECMAN_FUZZ_TARGET=$target SWIFT_BACKTRACE=enable=no .build-fuzz/debug/Fuzz -max_total_time="$seconds" \
        -max_len=16384 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix=".build-fuzz/found/$target-" "$corpus" "Tests/Seeds/$target" >.build-fuzz/"$target.log" 2>&1 || {
        status=1
        echo "$target has found something:"
        grep -aE 'Fatal error|ERROR: |SUMMARY|Test unit written' .build-fuzz/"$target.log" || true
    }
    grep -aE 'stat::number_of_executed_units|DONE' .build-fuzz/"$target.log" | tail -1
done
exit "$status"
