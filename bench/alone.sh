#!/usr/bin/env bash
# bench/alone.sh DIR [WORKLOAD...]: Conclave's workloads, REPS rounds, and their table.
# Called by bench/run.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
base=$1
shift
REPS=${REPS:-3} SECS=${SECS:-4} WARM=${WARM:-0.7} COUNT=${COUNT:-1000000} PORT=${PORT:-14300}
RESULTS=${RESULTS:-$base/results.jsonl}
workloads=("$@")
[ ${#workloads[@]} -gt 0 ] || workloads=(W6 W1 W4 W7 W2 W3 W8 W10 W5)
# shellcheck source=/dev/null
. "$here/peers.d/conclave.sh"

PEER_PID=
stop() {
    [ -z "$PEER_PID" ] || { kill "$PEER_PID" && wait "$PEER_PID"; } 2>/dev/null || true
    PEER_PID=
}
trap stop EXIT

failed=0
measure() { # WORKLOAD OPTION...
    local w=$1
    shift
    printf '%s %s\n' "$w" "$*" >&2
    if ! "$PEER_BENCH" "$w" --pid "$PEER_PID" --secs "$SECS" --warm "$WARM" "$@" >>"$RESULTS"; then
        echo "FAILED: $w $*" >&2
        failed=$((failed + 1))
    fi
}

for rep in $(seq "$REPS"); do
    echo "== round $rep of $REPS" >&2
    dir=$(mktemp -d "$base/run.XXXX")
    peer_start fsync "$dir" "$PORT"
    for w in "${workloads[@]}"; do
        case $w in
        W1) for n in 1 10 100; do measure W1 --n $n; done ;;
        W2) for n in 1 16 64; do measure W2 --n $n; done ;;
        W3) measure W3 --window 1000 ;;
        W4) measure W4 --secs 5 ;;
        W5) measure W5 --count "$COUNT" --reps 1 ;;
        W6) measure W6 --n 1000 ;;
        W7) for n in 1 8; do measure W7 --n $n --secs 2.5; done ;;
        W10) measure W10 --secs 20 ;;
        W8) measure W8 --n 10 --window 1000 ;;
        *) echo "bench: no workload $w" >&2; exit 2 ;;
        esac
    done
    stop
    rm -rf "$dir"
done
python3 "$here/report.py" "$RESULTS"
echo "failed measurements: $failed"
[ "$failed" -eq 0 ]
