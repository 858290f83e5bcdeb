#!/usr/bin/env bash
# Compares `specman sync` with `curl | tar xz && sync -f` of the same archive from the same registry onto the same disk:
# wall time, processor time and peak memory of each, in alternating rounds; medians and the ratio.
#
#   Tests/benchmark-sync.sh [ROUNDS]      3 rounds by default, about two minutes
#
# Nothing is deleted between rounds: ext4 creates files several times slower soon after many were deleted.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds="${1:-3}"

. deploy/packages.sh
install_packages $build_packages docker-registry curl tar gzip python3
swift build -c release --product specman
bin="$(swift build -c release --show-bin-path)/specman"

work="$(mktemp -d "${TMPDIR:-/tmp}/specman-benchmark-XXXXXX")"
registry=
finish() {
    [ -z "$registry" ] || kill "$registry" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
cat >"$work/registry.yml" <<CONFIG
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: "127.0.0.1:$port"}
CONFIG
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
registry=$!
for _ in $(seq 100); do
    curl -fsS "http://127.0.0.1:$port/v2/" >/dev/null 2>&1 && break
    sleep 0.1
done

echo "== making the trees"
python3 - "$work" <<'PYTHON'
import os, random, sys
work = sys.argv[1]
random.seed(1)
# Half random, half text: compresses to about a third, as manifests with some binaries do.
block = bytes(random.randrange(256) for _ in range(1 << 20))
text = (b"version: 4.5.15\nfilepath: /roar/nickfury/4.5/version.yaml\n" * 40000)[: 1 << 20]
def content(size, seed):
    start = seed * 7919 % (1 << 19)
    return (block[start : start + size // 3] + text[start : start + size])[:size]
for number in range(50000):
    folder = f"{work}/small/{number // 1000}"
    if number % 1000 == 0: os.makedirs(folder)
    with open(f"{folder}/{number}.yaml", "wb") as file: file.write(content(10400, number) + str(number).encode())
os.makedirs(f"{work}/large")
with open(f"{work}/large/image.bin", "wb") as file:
    for number in range(1024): file.write(content(1 << 20, number))
PYTHON
for tree in small large; do
    tar -C "$work/$tree" -cf - . | gzip -6 >"$work/$tree.tgz"
    "$bin" push "$work/$tree.tgz" "127.0.0.1:$port/$tree:1.0.0" --plain-http >/dev/null
    echo "$tree: $(find "$work/$tree" -type f | wc -l) files, $(du -sm --apparent-size "$work/$tree" | cut -f1) MiB," \
        "$(du -sm --apparent-size "$work/$tree.tgz" | cut -f1) MiB compressed"
done
sync

cat >"$work/measure.py" <<'PYTHON'
# Runs a shell command; prints wall seconds, processor seconds, and the largest resident set of its processes in MiB.
import os, resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(["bash", "-o", "pipefail", "-ec", sys.argv[1]], check=True, stdout=subprocess.DEVNULL)
wall = time.monotonic() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{wall:.3f} {usage.ru_utime + usage.ru_stime:.3f} {usage.ru_maxrss / 1024:.1f}")
PYTHON

for tree in small large; do
    digest="sha256:$(sha256sum "$work/$tree.tgz" | cut -d' ' -f1)"
    for round in $(seq "$rounds"); do
        out="$work/out-$tree-$round"
        mkdir -p "$out/tar"
        python3 "$work/measure.py" "curl -fsS http://127.0.0.1:$port/v2/$tree/blobs/$digest | tar xz -C $out/tar
            sync -f $out/tar" >>"$work/$tree.tar"
        SPECMAN_SOURCE_REPOSITORY="127.0.0.1:$port/$tree" SPECMAN_SOURCE_PLAIN_HTTP=true \
            SPECMAN_STORAGE_DIRECTORY="$out/specman" \
            python3 "$work/measure.py" "exec $bin sync" >>"$work/$tree.specman"
        diff -r "$out/tar" "$out/specman/current/" >/dev/null || {
            echo "benchmark: the trees differ" >&2
            exit 1
        }
    done
done

python3 - "$work" <<'PYTHON'
import statistics, sys
print(f"{'tree':8}{'':10}{'wall s':>10}{'CPU s':>10}{'peak MiB':>10}")
for tree in ("small", "large"):
    medians = {}
    for who in ("tar", "specman"):
        rows = [list(map(float, line.split())) for line in open(f"{sys.argv[1]}/{tree}.{who}")]
        medians[who] = [statistics.median(column) for column in zip(*rows)]
        name = "curl | tar xz" if who == "tar" else who
        print(f"{tree:8}{name:14}" + "{:6.2f}{:10.2f}{:10.1f}".format(*medians[who]))
    print(f"{tree:8}{'ratio':14}{medians['specman'][0] / medians['tar'][0]:6.2f}"
          f"{medians['specman'][1] / medians['tar'][1]:10.2f}")
PYTHON
