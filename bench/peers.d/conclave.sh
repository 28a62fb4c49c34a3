# shellcheck shell=bash disable=SC2034 # the harness reads these
# Conclave as one more peer of the harness: a message server, and a group that is measured.
# CONCLAVE_BIN is the directory of the programs.
peer_proto=conclave
peer_levels="fsync"
peer_live="fsync"
peer_workloads="W1 W2 W3 W4 W5 W6 W7 W8"

peer_version() { "$CONCLAVE_BIN/conclave-group" --version; }

# await FILE PATTERN: the text that matches, once a log has it.
await() {
    local found
    for _ in $(seq 200); do
        found=$(grep -oE -m1 "$2" "$1" 2>/dev/null) && { printf '%s\n' "$found"; return 0; }
        sleep 0.05
    done
    cat "$1" >&2
    return 1
}

peer_start() { # LEVEL DIR PORT
    local dir=$2 port=$3 bin=$CONCLAVE_BIN
    # The one of the run before may still hold the port.
    { [ -z "${bench_server:-}" ] || kill "$bench_server" || true; wait "${bench_server:-}" || true; } \
        2>/dev/null
    "$bin/conclave-keygen" "$dir/server.key" >/dev/null
    "$bin/conclave-keygen" "$dir/group.key" >/dev/null
    "$bin/conclave-server" --key "$dir/server.key" --listen "tcp://127.0.0.1:$((port + 2))" \
        --data "$dir/server" --open-groups --open-users --log-level warn 2>"$dir/server.log" &
    bench_server=$!
    "$bin/conclave-group" --name room --key "$dir/group.key" --listen "tcp://127.0.0.1:$port" \
        --feed "tcp://127.0.0.1:$((port + 1))" --server "tcp://127.0.0.1:$((port + 2))" \
        --server-key "$dir/server.key" --data "$dir/room" --open --join-rate 1000000 \
        --join-burst 1000000 2>"$dir/log" &
    PEER_PID=$!
    # The harness ends the group only; the message server goes with it.
    (
        while kill -0 "$PEER_PID" 2>/dev/null; do sleep 0.2; done
        kill "$bench_server" 2>/dev/null
    ) &
    export CONCLAVE_SERVER="tcp://127.0.0.1:$((port + 2))" CONCLAVE_SERVER_KEY="$dir/server.key"
    export CONCLAVE_BENCH_KEYS="${CONCLAVE_BENCH_KEYS:-$(dirname "$dir")/people}"
    export PEER_BENCH="$bin/conclave-bench"
    await "$dir/log" 'registered "room"' >/dev/null
}
