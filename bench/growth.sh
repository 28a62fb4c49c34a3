#!/usr/bin/env bash
# bench/growth.sh [OUTDIR]: how cost grows with followers, body size, stored entries and members.
# Writes OUTDIR/growth.jsonl (docs/performance when OUTDIR is not given) and one SVG for each
# question, by gnuplot. Environment: ENTRIES ("10000 100000 1000000 10000000"),
# FOLLOWERS ("1 3 10 30 100 300 1000"), SIZES ("16 64 256 1024 4096 16384"),
# MEMBERS ("10 100 1000 10000"), SECS (2), PORT (14300), BENCH_DIR.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$top/docs/performance}
build=${CONCLAVE_BUILD:-$top/build/bench}
SECS=${SECS:-2} PORT=${PORT:-14300}
read -ra entries <<<"${ENTRIES:-10000 100000 1000000 10000000}"
read -ra followers <<<"${FOLLOWERS:-1 3 10 30 100 300 1000}"
read -ra sizes <<<"${SIZES:-16 64 256 1024 4096 16384}"
read -ra members <<<"${MEMBERS:-10 100 1000 10000}"

cmake -S "$top" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCONCLAVE_TESTS=OFF -DCONCLAVE_BENCH=ON \
    >/dev/null
cmake --build "$build" -j"$(nproc)" >/dev/null
export CONCLAVE_BIN=$build/bin
ulimit -n "$(ulimit -Hn)"
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/conclave-growth.XXXXXX")
mkdir -p "$out"
# shellcheck source=/dev/null
. "$top/bench/peers.d/conclave.sh"

PEER_PID=
stop() {
    [ -z "$PEER_PID" ] || { kill "$PEER_PID" && wait "$PEER_PID"; } 2>/dev/null || true
    PEER_PID=
}
trap 'stop; rm -rf "$work"' EXIT

# one QUESTION WORKLOAD OPTION...: a fresh group, one line.
one() {
    local question=$1 dir
    shift
    dir=$(mktemp -d "$work/run.XXXX")
    peer_start fsync "$dir" "$PORT"
    printf '%s: %s\n' "$question" "$*" >&2
    "$PEER_BENCH" "$@" --pid "$PEER_PID" --secs "$SECS" |
        sed "s/^{/{\"question\":\"$question\",/" >>"$out/growth.jsonl"
    stop
    rm -rf "$dir"
}

: >"$out/growth.jsonl"
for n in "${followers[@]}"; do one followers W8 --n "$n" --window 1000; done
for s in "${sizes[@]}"; do one bodies W8 --n 10 --window 1000 --size "$s"; done
for c in "${entries[@]}"; do one entries W5 --count "$c" --reps 1; done
for m in "${members[@]}"; do one members members --n "$m"; done
python3 "$top/bench/growth.py" "$out"
