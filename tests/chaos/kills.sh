# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with lib.sh and run.sh
# Services that are killed, stopped, ended and doubled. Sourced by run.sh.

# The group is killed again and again while people send and read.
scenario_kill9() {
    local n=${kills:-50}
    [ -z "$long" ] || n=${kills:-1000}
    patience=$((120 + n))
    stage
    group_up
    company "${long:+2000}"
    murder "$group"
    group_command
    must "the group starts after each kill" timeout $((60 + n)) "$tools/killer" -n "$n" \
        -a "$dir/records/wide" -l "$dir/group.log" "${command_line[@]}" >"$dir/killed"
    note "$(cat "$dir/killed")"
    group_up
    finish
}

# The message server is killed; the group and its members do not need it.
scenario_server9() {
    local n=5 i
    [ -z "$long" ] || n=50
    stage
    group_up
    company
    for ((i = 1; i <= n; i++)); do
        murder "$directory"
        must "sending goes on without it" goes_on wide 5
        must "so does waiting for each answer" goes_on single 5
        directory_up
    done
    must "the group is listed again" await 20 "$bin/conclave" --key "$dir/keys/wide" \
        --server "$server" --server-key "$dir/server" join "$room"
    note "$n kills"
    finish
}

# The group does nothing for ten seconds.
scenario_stopped_group() {
    local before began
    stage
    group_up
    company
    before=$(record_lines beginning)
    began=$(now_ms)
    kill -STOP "$group"
    must "a reader is told within 5 s" await 5 told beginning "$before" reconnecting
    note "told after $(($(now_ms) - began)) ms"
    await 10 is_older "$began" 10000
    kill -CONT "$group"
    must "sending goes on" goes_on wide 10
    must "so does waiting for each answer" goes_on single 10
    finish
}

is_older() { # SINCE MS
    [ $(($(now_ms) - $1)) -ge "$2" ]
}

memory_of() { # PID: KiB
    awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

# Somebody reads nothing for a while, in which far more is said than any queue may hold.
scenario_stopped_reader() {
    local slow before grown bytes=8000 count=8000
    [ -z "$long" ] || count=40000
    stage
    group_up
    company 50
    reader slow -f now
    slow=$started
    must "the slow one follows" await 20 grep -q '^from' "$dir/records/slow"
    kill -STOP "$slow"
    before=$(memory_of "$group")
    person writer loud -n "$count" -w 500 -z "$bytes"
    must "much is said" ends_within 120 "$started" && must "all of it stored" test "$ended" -eq 0
    grown=$((($(memory_of "$group") - before) / 1024))
    must "the others have seen it" await 20 grep -q "^saw $(last_acked loud) " "$dir/records/beginning"
    must "the group grew by $grown MiB, more than 64" test "$grown" -le 64
    note "group grew by $grown MiB for $((count * bytes / 1048576)) MiB said"
    kill -CONT "$slow"
    finish
}

last_acked() { # NAME: seq
    awk '/^acked/ { seq = $3 } END { print seq }' "$dir/records/$1"
}

# SIGTERM while people send.
scenario_sigterm() {
    local n=5 i began took longest=0
    [ -z "$long" ] || n=50
    stage
    group_up
    company 1000
    for ((i = 1; i <= n; i++)); do
        must "sending goes on" goes_on wide 10
        began=$(now_ms)
        kill -TERM "$group"
        must "the group ends" ends_within 10 "$group"
        took=$(($(now_ms) - began))
        [ "$took" -le "$longest" ] || longest=$took
        must "it ends with 0, not $ended" test "$ended" -eq 0
        group_up
    done
    must "it ends within 2 s, not $longest ms" test "$longest" -le 2000
    note "$n times, longest $longest ms"
    finish
}

# A second group on the same directory.
scenario_two_groups() {
    stage
    group_up
    company
    "$bin/conclave-keygen" "$dir/other" >/dev/null
    background other "$bin/conclave-group" --name other --key "$dir/other" \
        --data "$dir/group.data" --listen "tcp://$host:*" --feed "tcp://$host:*" \
        --server "$server" --server-key "$dir/server" --open
    must "the second ends" ends_within 5 "$started"
    must "with 7, not $ended" test "$ended" -eq 7
    must "and says why" grep -q 'in use by another process' "$dir/other.log"
    must "the first goes on" goes_on wide 5
    must "for everybody" goes_on single 5
    finish
}

# The clock of both services jumps, while they run and between restarts.
scenario_clock() {
    local library jump
    library=$(find /usr/lib* -name libfaketime.so.1 2>/dev/null | head -1)
    if [ -z "$library" ]; then
        skip "libfaketime is not installed"
        return
    fi
    # The sanitizer's allocator asks for the time under its own lock, and libfaketime allocates.
    if grep -qs 'CONCLAVE_SANITIZE:BOOL=ON' "$bin/../CMakeCache.txt"; then
        skip "libfaketime stops a build with AddressSanitizer"
        return
    fi
    server_prefix=(env "LD_PRELOAD=$library" "FAKETIME_TIMESTAMP_FILE=$dir/clock"
        FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1)
    group_prefix=("${server_prefix[@]}")
    echo '+0' >"$dir/clock"
    stage
    group_up
    company
    for jump in '-1h' '+3650d' '@1970-01-02 00:00:00' '+0'; do
        echo "$jump" >"$dir/clock"
        must "sending goes on after a jump ($jump)" goes_on wide 10
        murder "$group"
        group_up
        must "sending goes on after a restart ($jump)" goes_on wide 10
    done
    must "the group is still listed" "$bin/conclave" --key "$dir/keys/wide" --server "$server" \
        --server-key "$dir/server" join "$room" >"$dir/said"
    note "4 jumps, 4 kills"
    finish
}
