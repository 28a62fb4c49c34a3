# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with lib.sh and run.sh
# Disks that fail, forget, lie, fill up, and bring back the past. Sourced by run.sh.

# on_faulty_disk [VARIABLE=VALUE...]: from now on the group's disk is faultdisk's.
on_faulty_disk() {
    mkdir -p "$dir/undo"
    group_prefix=(env "LD_PRELOAD=$tools/faultdisk.so" "FAULTDISK_DIR=$dir/group.data"
        "FAULTDISK_UNDO=$dir/undo" "$@")
}

cut_power() {
    must "what was not synced is taken back" "$tools/powercut" "$dir/group.data" "$dir/undo" \
        >>"$dir/powercut.log"
}

# fsync fails after some calls; what was not synced until then never reaches the disk.
scenario_fsync() {
    local after=(1 4 12 40 120)
    local n
    [ -z "$long" ] || mapfile -t after < <(seq 1 100)
    stage
    on_faulty_disk
    group_up
    company
    for n in "${after[@]}"; do
        murder "$group"
        cut_power
        on_faulty_disk "FAULTDISK_FAIL_AFTER=$n"
        group_command
        background group "${command_line[@]}"
        group=$started
        if must "the group ends by itself" ends_within 20 "$group"; then
            must "after $n syncs it does not end with $ended" test "$ended" -eq 7
        fi
        cut_power
        on_faulty_disk
        group_up
        must "it opens again" goes_on wide 10
    done
    note "${#after[@]} failed disks"
    curtain
    verdict
}

# The power goes; what was not synced is gone.
scenario_power_cut() {
    local n=5 i
    [ -z "$long" ] || n=100
    stage
    on_faulty_disk
    group_up
    company 500
    for ((i = 1; i <= n; i++)); do
        must "100 more are acknowledged" await 20 is_acked wide $(($(acked_of wide) + 100))
        murder "$group"
        cut_power
        group_up
    done
    note "$n cuts, $(awk '{ n += $1 } END { print n + 0 }' "$dir/powercut.log") writes taken back"
    finish
}

# Killed between writing and syncing, started again, asked again for what it wrote, and then the
# power goes: the answer to that repeat counts as any other. While it is asked nobody else sends
# anything, for what is new would be synced, and the rest with it.
scenario_unsynced_kill() {
    local n=4 i single others
    [ -z "$long" ] || n=100
    patience=$((240 + 4 * n))
    stage
    on_faulty_disk "FAULTDISK_HOLD=$dir/hold"
    group_up
    writer wide -w 200 -R 400
    writer narrow -w 20 -R 400
    others=("${writers[@]}")
    reader beginning -f 0
    reader hopper -f 0 -H 300
    for ((i = 1; i <= n; i++)); do
        person writer "single$i" -w 0
        single=$started
        must "messages are acknowledged" await 20 is_acked "single$i" 10
        must "others' too" goes_on wide 20
        kill -STOP "${others[@]}"
        must "sending goes on" goes_on "single$i" 20
        : >"$dir/hold"
        must "a sync is held back" await 20 test -e "$dir/hold.held"
        kill "$single" # it only waits for its last answer
        murder "$group"
        rm "$dir/hold" "$dir/hold.held"
        group_up
        must "the repeat is answered" ends_within 20 "$single" && must "with 0" test "$ended" -eq 0
        murder "$group"
        cut_power
        group_up
        kill -CONT "${others[@]}"
    done
    note "$n times, $(awk '{ n += $1 } END { print n + 0 }' "$dir/powercut.log") writes taken back"
    finish
}

# A disk that says it has synced and has not: what was acknowledged must then be found missing,
# or the power cuts above prove nothing.
scenario_lying_disk() {
    stage
    on_faulty_disk FAULTDISK_LIES=1
    group_up
    writer wide -n 500 -w 50
    must "500 are acknowledged" ends_within 30 "$started"
    writers=()
    murder "$group"
    cut_power
    group_prefix=()
    group_up
    curtain
    must "the checker finds them lost" test "$(python3 "$here/check_history.py" "$dir"/records/* |
        grep -c '^lost')" -gt 0
    note "$(python3 "$here/check_history.py" "$dir"/records/* | tail -1)"
}

# ---- no room ----

as_member() { # NAME COMMAND...
    local name=$1
    shift
    "$bin/conclave" --key "$dir/keys/$name" --server "$server" --server-key "$dir/server" "$@"
}

refused_for_room() {
    grep -q '^refused [^ ]* storage_full' "$dir/records/big"
}

# Fill the group's disk, see what still works, give room (a command), see that all works again.
without_room() {
    local began
    company 20
    person writer leaver -n 1 -w 0
    must "somebody is there to leave" ends_within 20 "$started"
    writer big -w 100 -z 8000
    must "sends are refused in the end" await 60 refused_for_room
    must "reading works" as_member wide history "$room" --limit 1 >"$dir/said"
    must "leaving works" as_member leaver leave "$room" >"$dir/said"
    kill -TERM "$group"
    must "stopping works" ends_within 10 "$group" && must "with 0, not $ended" test "$ended" -eq 0
    began=$(now_ms)
    group_up
    must "so does starting" as_member wide history "$room" --limit 1 >"$dir/said"
    note "restart without room in $(($(now_ms) - began)) ms"
    "$@"
    must "sending works again" goes_on big 20
    curtain
    verdict
}

small_disk_away() {
    umount -l "$dir/group.data"
}

scenario_disk_full() {
    mkdir -m 700 "$dir/group.data"
    if ! mount -t tmpfs -o size=48m,mode=700 chaos "$dir/group.data" 2>"$dir/mount.log"; then
        skip "mounting a small disk is not permitted here"
        return
    fi
    at_end=small_disk_away
    stage
    group_up
    without_room mount -o remount,size=256m "$dir/group.data"
}

# The limit is read at the start.
larger_files() {
    kill -TERM "$group"
    must "the group ends" ends_within 10 "$group"
    group_prefix=()
    group_up
}

scenario_file_size() {
    stage
    group_prefix=(prlimit --fsize=8000000:unlimited)
    group_up
    without_room larger_files
}

# ---- the past ----

is_over() { # NAME CODE
    grep -q "^state [0-9]* ended $2" "$dir/records/$1"
}

# The store is replaced by an older copy of itself, and has grown beyond it again before readers are
# back: they must say so, and the checker too.
scenario_old_copy() {
    the_past_again plain
}

# The same with a backup, which is known for one.
scenario_old_backup() {
    the_past_again marked --restored
}

put_copy() { # WAY
    rm -r "$dir/group.data"
    if [ "$1" = plain ]; then
        cp -a "$dir/backup" "$dir/group.data"
    else
        mkdir -m 700 "$dir/group.data"
        cp "$dir/backup.db" "$dir/group.data/group.db"
    fi
}

take_copy() { # WAY
    if [ "$1" = plain ]; then
        murder "$group"
        cp -a "$dir/group.data" "$dir/backup"
        group_up
    else
        must "a backup is made" "$bin/conclave-group" backup --data "$dir/group.data" "$dir/backup.db"
    fi
}

the_past_again() { # WAY [OPTION]: of the group, the first time that it runs on it
    local way=$1 began name last
    shift
    stage
    group_up
    company
    must "some messages" await 20 is_acked wide 100
    take_copy "$way"
    must "some more" await 20 is_acked wide $(($(acked_of wide) + 100))
    kill "${writers[@]}"
    for name in "${writers[@]}"; do
        must "every message was answered" ends_within 20 "$name"
    done
    last=$(last_acked wide)
    for name in beginning now past hopper; do
        must "$name has seen it" await 20 grep -q "^saw $last " "$dir/records/$name"
    done
    kill -STOP "${readers[@]}"
    murder "$group"
    put_copy "$way"
    group_options=("$@")
    group_up
    group_options=()
    person writer again -n 2000 -w 100
    must "the log grows again" ends_within 60 "$started" && must "it is stored" test "$ended" -eq 0
    must "beyond what was read" test "$(last_acked again)" -gt "$last"
    began=$(now_ms)
    kill -CONT "${readers[@]}"
    for name in beginning now past hopper; do
        must "$name is told that history went backwards" \
            await 20 is_over "$name" went_backwards
    done
    note "told after $(($(now_ms) - began)) ms"
    writers=()
    readers=()
    curtain
    must "the checker finds messages lost" test \
        "$(python3 "$here/check_history.py" "$dir"/records/* | grep -c '^lost')" -gt 0
}
