# shellcheck shell=bash disable=SC2154 # $bin, $check_dir and $server are the caller's
# Services and clients for tests. Source it after check.sh, with the programs' directory in $bin.
# Keys, data and logs are in $dir; whatever was started ends with the test.

dir=$check_dir
pids=()
cleanup() {
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
    wait
    rm -rf "$check_files"
}
trap cleanup EXIT
unset "${!CONCLAVE_@}" XDG_CONFIG_HOME XDG_STATE_HOME
# What conclave remembers of this test's keys is nobody else's, and nobody is set up yet.
export HOME=$dir/home
mkdir "$HOME"
export PATH="$bin:$PATH" TZ=UTC

# ---- processes ----

# await SECONDS COMMAND...: until it succeeds.
await() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# start NAME COMMAND...: in the background; messages in $dir/NAME.log, output in $dir/NAME.out,
# process in $started.
start() {
    local name=$1
    shift
    # What one of this name said before must not be taken for what this one says.
    rm -f "$dir/$name.out" "$dir/$name.log"
    "$@" >"$dir/$name.out" 2>"$dir/$name.log" &
    started=$!
    pids+=("$started")
}

# serve NAME COMMAND...: start a service and wait for its address, in $address.
serve() {
    local name=$1
    start "$@"
    address=
    await 10 grep -q 'listening on tcp://' "$dir/$name.log" || {
        printf 'no address from %s:\n' "$name" >&2
        cat "$dir/$name.log" >&2
        return 1
    }
    address=$(grep -oEm1 'listening on tcp://[^ ,]+' "$dir/$name.log")
    address=${address#listening on }
}

# stop PID: with SIGTERM; its exit status is 0, within 3 s.
stop() {
    kill "$1" 2>/dev/null || return 1
    await 3 sh -c "! kill -0 $1" || return 1
    wait "$1"
}

serve_directory() { # NAME LISTEN OPTION...
    local name=$1 listen=$2
    shift 2
    serve "$name" conclave-server --key "$dir/server" --data "$dir/$name.data" --listen "$listen" "$@"
}

# A group that was killed and starts again listens where it did, as people have it: elsewhere it would
# wait until its lease is over. Its address is in $group_listen then.
serve_group() { # NAME OPTION...
    local name=$1
    shift
    serve "$name" conclave-group --name "$name" --key "$dir/$name" --data "$dir/$name.data" \
        --listen "${group_listen:-tcp://127.0.0.1:*}" --feed 'tcp://127.0.0.1:*' \
        --server "$server" --server-key "$dir/server" "$@"
}

# as USER ARGUMENT...: conclave as that user.
as() {
    local user=$1
    shift
    conclave --key "$dir/$user" --server "$server" --server-key "$dir/server" "$@"
}

# follow NAME USER ARGUMENT...: conclave as that user in the background.
follow() {
    local name=$1 user=$2
    shift 2
    start "$name" conclave --key "$dir/$user" --server "$server" --server-key "$dir/server" "$@"
}

uuid_of() { # USER
    conclave-keygen --show "$dir/$1" | sed -n 's/^uuid: *//p'
}

# head_of GROUP: seq of its last entry, as alice is told.
head_of() {
    as alice --json info "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["head"])'
}
