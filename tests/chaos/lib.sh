# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with the scenarios and run.sh
# What the scenarios share: services, people, waiting, and the verdict. Sourced by run.sh, which
# gives each scenario a directory of its own ($dir) and a subshell.
# $bin: the programs; $tools: the programs of tests/chaos; $here: tests/chaos itself.

room=room            # the group's name
marker=the-very-end  # the last message: readers end with it
host=127.0.0.1       # where services listen
patience=240         # seconds that a person goes on at most
server_prefix=()     # goes before the message server's command,
group_prefix=()      # the group's,
actor_prefix=()      # and people's
group_options=()
writers=()           # processes
readers=()
noted=

# await SECONDS COMMAND...: until it succeeds.
await() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.02
    done
}

now_ms() {
    date +%s%3N
}

# note TEXT: one more figure for the scenario's line.
note() {
    printf '%s' "${noted:+, }$1" >>"$dir/figures"
    noted=yes
}

# skip REASON: there is nothing to be judged here.
skip() {
    echo "$1" >"$dir/skipped"
}

# must TEXT COMMAND...: the scenario has failed unless it succeeds.
must() {
    local text=$1
    shift
    "$@" && return
    echo "failed: $text" >>"$dir/faults"
    return 1
}

is_gone() {
    ! kill -0 "$1" 2>/dev/null
}

# ends_within SECONDS PID: sets $ended to its exit status.
ends_within() {
    await "$1" is_gone "$2" || return 1
    ended=0
    wait "$2" || ended=$?
}

# ---- services ----

# background NAME COMMAND...: process in $started; what it says is appended to NAME.log.
background() {
    local name=$1
    shift
    "$@" >>"$dir/$name.log" 2>&1 </dev/null &
    started=$!
    echo "$started" >>"$dir/pids"
}

# says_more NAME LINES PATTERN: a line after the first LINES of its log.
says_more() {
    tail -n "+$(($2 + 1))" "$dir/$1.log" | grep -q -- "$3"
}

log_lines() {
    [ -e "$dir/$1.log" ] || : >"$dir/$1.log"
    wc -l <"$dir/$1.log"
}

# up NAME COMMAND...: a service; waits until it listens.
up() {
    local name=$1 before
    shift
    before=$(log_lines "$name")
    background "$name" "$@"
    must "$name starts" await 20 says_more "$name" "$before" 'listening on tcp://' || return 1
    address=$(tail -n "+$((before + 1))" "$dir/$name.log" | grep -oEm1 'listening on tcp://[^ ,]+')
    address=${address#listening on }
}

free_ports() { # N: so many ports that nobody uses now
    python3 -c '
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in held:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))' "$1"
}

directory_up() {
    up server "${server_prefix[@]}" "$bin/conclave-server" --key "$dir/server" --data "$dir/server.data" \
        --listen "${server:-tcp://$host:*}" --open-groups --open-users && server=$address
    directory=$started
}

# The command that runs the group: prefix in group_prefix, further options in group_options.
group_command() {
    command_line=("${group_prefix[@]}" "$bin/conclave-group" --name "$room" --key "$dir/group"
        --data "$dir/group.data" --listen "tcp://$host:${ports[0]}"
        --feed "tcp://$host:${ports[1]}" --server "$server" --server-key "$dir/server" --open
        "${group_options[@]}")
}

group_up() {
    group_command
    up group "${command_line[@]}"
    group=$started
}

# Both services, with keys; the group stays on its ports through restarts.
stage() {
    mkdir "$dir/keys" "$dir/records"
    "$bin/conclave-keygen" "$dir/server" >/dev/null && "$bin/conclave-keygen" "$dir/group" >/dev/null
    read -ra ports < <(free_ports 2)
    server=
    directory_up
}

murder() { # PID
    kill -KILL "$1"
    await 5 is_gone "$1"
    wait "$1" 2>/dev/null
}

# ---- people ----

# person PROGRAM NAME OPTION...: an actor in the background, process in $started.
person() {
    local program=$1 name=$2
    shift 2
    background "$name" "${actor_prefix[@]}" "$tools/$program" -s "$server" -S "$dir/server" \
        -k "$dir/keys/$name" -g "$room" -r "$dir/records/$name" -d "$patience" "$@"
}

writer() { # NAME OPTION...
    person writer "$@"
    writers+=("$started")
}

reader() { # NAME OPTION...
    person reader "$@" -u "$marker"
    readers+=("$started")
}

# The usual company: who sends many at once, one who waits for each answer; who reads from the
# beginning, from now, from a time, and one who stops following and goes on again and again.
company() { # [RATE of each writer]
    local rate=${1:-400} past
    past=$(($(date +%s) * 1000000000))
    writer wide -w 500 -R "$rate"
    writer narrow -w 20 -R "$rate"
    writer single -w 0 -R "$rate"
    must "the first message is acknowledged" await 20 is_acked wide 1
    reader beginning -f 0
    reader now -f now
    reader past -f "time:$past"
    reader hopper -f 0 -H 300
    for name in beginning now past hopper; do
        must "$name follows" await 20 grep -q '^from' "$dir/records/$name"
    done
}

is_acked() { # NAME N: at least so many
    [ "$(grep -c '^acked' "$dir/records/$1")" -ge "$2" ]
}

acked_of() { # NAME
    grep -c '^acked' "$dir/records/$1"
}

# goes_on NAME SECONDS: it gets a new answer.
goes_on() {
    await "$2" is_acked "$1" $(($(acked_of "$1") + 1))
}

# told NAME LINES STATE: a reader's record has that state after its first LINES.
told() {
    tail -n "+$(($2 + 1))" "$dir/records/$1" | grep -q "^state [0-9]* $3"
}

record_lines() { # NAME
    wc -l <"$dir/records/$1"
}

# ---- the end ----

# Writers end when all is answered, the last message is sent, readers end with it, and the whole
# history is fetched.
curtain() {
    local pid
    [ ${#writers[@]} -eq 0 ] || kill "${writers[@]}" 2>/dev/null
    for pid in "${writers[@]}"; do
        must "every message was answered" ends_within 60 "$pid" &&
            must "a writer ends with 0" test "$ended" -eq 0
    done
    person writer last -n 1 -w 0 -t "$marker"
    must "the last message is sent" ends_within 60 "$started" && must "and stored" test "$ended" -eq 0
    for pid in "${readers[@]}"; do
        must "every reader gets it" ends_within 60 "$pid" &&
            must "a reader ends with 0" test "$ended" -eq 0
    done
    person fetcher history
    must "the history is fetched" ends_within 60 "$started" && must "all of it" test "$ended" -eq 0
}

# verdict: the checker over all records.
verdict() {
    python3 "$here/check_history.py" "$dir"/records/* >"$dir/verdict"
    case $? in
    0) ;;
    *) sed '$d; s/^/history: /' "$dir/verdict" >>"$dir/faults" ;;
    esac
    note "$(tail -1 "$dir/verdict")"
}

nothing_was_refused() {
    ! grep -h '^refused' "$dir"/records/* >"$dir/refused"
}

# Where nobody has a reason to refuse a message; else curtain and verdict alone.
finish() {
    curtain
    verdict
    must "nothing is refused" nothing_was_refused || sed 's/^/  /' "$dir/refused" >>"$dir/faults"
}
