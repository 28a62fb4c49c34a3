#!/usr/bin/env bash
# Installs what Debian 12 lacks to build and run Conclave; with --tests also what its tests need.
# dpkg is asked first: when nothing is missing, nothing is downloaded and no rights are needed.
# Usage: scripts/install-packages.sh [--tests]
set -euo pipefail

build=(
    cmake gcc libc6-dev make pkg-config
    libczmq-dev libjansson-dev libmsgpack-dev libncurses-dev libsodium-dev libsqlite3-dev
    libunistring-dev libzmq3-dev uuid-dev
)
tests=(
    clang clang-format cppcheck git libclang-rt-14-dev libcmocka-dev
    faketime iproute2 procps python3 python3-msgpack python3-zmq shellcheck tmux util-linux
)

wanted=("${build[@]}")
case ${1-} in
'') ;;
--tests) wanted+=("${tests[@]}") ;;
*)
    echo "usage: $0 [--tests]" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian: what is needed there is called ${wanted[*]}." >&2
    exit 0
fi

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
    grep -qx "installed $package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
        echo "These packages are missing, and installing them needs root: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=120 "$@"
}
echo "Installing: ${missing[*]}"
# An outdated list of one source need not stop what the others have.
apt update >"$log" 2>&1 || echo "apt-get update did not fully succeed" >&2
if ! apt install --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    cat "$log" >&2
    echo "apt-get could not install: ${missing[*]}" >&2
    exit 1
fi
