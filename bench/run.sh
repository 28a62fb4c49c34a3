#!/usr/bin/env bash
# bench/run.sh [--peers DIR] [WORKLOAD...]   e.g.  bench/run.sh W1 W8
# Builds for release, runs the workloads (all, when none is named) and prints a table of
# min / median / max. With --peers DIR the harness in DIR runs its peers beside Conclave, in the
# same run. Environment: REPS (3), SECS (4), WARM (0.7), COUNT (1000000), PORT (14300),
# PEERS ("nats redis mosquitto"), RESULTS (a file that keeps the JSON lines),
# BENCH_DIR (where data is written; must be on a real disk).
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
build=${CONCLAVE_BUILD:-$top/build/bench}

peers=
if [ "${1:-}" = --peers ]; then
    peers=${2:?--peers needs a directory}
    shift 2
fi

cmake -S "$top" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCONCLAVE_TESTS=OFF -DCONCLAVE_BENCH=ON \
    >/dev/null
cmake --build "$build" -j"$(nproc)" >/dev/null
export CONCLAVE_BIN=$build/bin
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"

work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/conclave-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ -n "$peers" ]; then
    cp -r "$peers" "$work/harness"
    chmod -R u+w "$work/harness"
    harness=$work/harness
    cp "$top/bench/peers.d/conclave.sh" "$harness/peers.d/"
    read -ra others <<<"${PEERS:-nats redis mosquitto}"
    bash "$harness/run.sh" conclave "${others[@]}" "$@"
else
    bash "$top/bench/alone.sh" "$work" "$@"
fi
