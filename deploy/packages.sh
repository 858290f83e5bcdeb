# Sourced by deploy/quickstart.sh, Tests/run.sh and Tests/benchmark.sh: what a fresh Debian or Ubuntu needs beside Swift, and
# how what runs in production is built from it.
# shellcheck shell=bash disable=SC2034

# git fetches the Swift packages; pkg-config tells the build where the C libraries are.
build_packages="git pkg-config libssl-dev zlib1g-dev libsqlite3-dev libcurl4-openssl-dev libcrypt-dev ca-certificates"
test_packages="docker-registry nginx-light tinyproxy skopeo apache2-utils curl openssl tar gzip python3-venv strace tzdata testssl.sh \
    slowhttptest util-linux"

# Ends the script where there is no Swift, which apt doesn't have.
require_swift() {
    command -v swift >/dev/null && return 0
    echo "${0##*/}: no swift on this machine; install Swift 6.2 or later (https://www.swift.org/install/linux)" >&2
    exit 1
}

# Installs those of the named packages that are missing, in one run of apt.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "${0##*/}: as root, run: apt-get install ${missing[*]}" >&2
            exit 1
        }
        root=(sudo)
    fi
    echo "== installing ${missing[*]}"
    # A machine that was just started is often being updated: the lock is waited for.
    local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    "${apt[@]}" update
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# What PyPI has and Debian 12 hasn't, in a place of its own. The system's Python, as that is the one whose venv module was
# installed; made anew where an earlier run was interrupted, or wanted something else.
python_tools=("oras>=0.2,<0.3" "moto[server]>=5.1,<6" "sslyze>=6.1,<7")
install_python_tools() {
    local place="$PWD/.build/tools"
    python_tools_bin="$place/bin/python"
    [ "$(cat "$place/installed" 2>/dev/null)" != "${python_tools[*]}" ] || return 0
    echo "== installing ${python_tools[*]}"
    /usr/bin/python3 -m venv --clear "$place"
    "$python_tools_bin" -m pip install --quiet --disable-pip-version-check "${python_tools[@]}"
    echo "${python_tools[*]}" >"$place/installed"
}

# Builds a product for production, and leaves its path in `built`. With Swift's libraries in it: so it runs where there is no
# Swift, and starts in two thirds of the time, as fewer libraries are to be linked then.
build_release() {
    local options=(-c release --static-swift-stdlib)
    swift build "${options[@]}" --product "$1"
    built="$(swift build "${options[@]}" --show-bin-path)/$1"
}
