# Sourced by deploy/quickstart.sh and Tests/run.sh: what a fresh Debian or Ubuntu needs beside Swift.
# shellcheck shell=bash disable=SC2034

build_packages="libssl-dev zlib1g-dev libsqlite3-dev libcurl4-openssl-dev"
test_packages="docker-registry skopeo apache2-utils curl openssl tar gzip python3-venv strace ca-certificates tzdata"

# Installs those of the named packages that are missing, in one run of apt.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then sudo=(sudo); fi
    echo "== installing ${missing[*]}"
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        >/dev/null
}
