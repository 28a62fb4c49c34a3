#!/bin/bash
# Breaks things around a group in which people talk, and decides from their records whether
# anything was lost, doubled or changed.
# Usage: run.sh [--long] [--kills N] [--jobs N] [--keep] BINDIR [SCENARIO...]
#   BINDIR    the programs, in a build directory that has tests/chaos beside it
#   --long    the long versions
#   --kills   of the group, in scenario kill9
#   --jobs    so many scenarios at once
#   --keep    the records and logs of scenarios that failed
# One line a scenario, with figures; the last line is "N passed, N failed".
# shellcheck disable=SC2034 # the scenarios use these
set -u
here=$(cd "$(dirname "$0")" && pwd)
all=(kill9 server9 stopped_group stopped_reader sigterm two_groups clock cuts one_way_down
    one_way_up link_down crowd fsync power_cut unsynced_kill lying_disk disk_full file_size
    old_copy old_backup)

usage() {
    sed -n '/^# Usage/,/^# One/p' "$0" | sed '$d; s/^# //' >&2
    echo "scenarios: ${all[*]}" >&2
    exit 2
}

long='' kills='' jobs=1 keep=''
while [ $# -gt 0 ]; do
    case $1 in
    --long) long=yes ;;
    --keep) keep=yes ;;
    --kills | --jobs)
        [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage
        printf -v "${1#--}" %s "$2"
        shift
        ;;
    -*) usage ;;
    *) break ;;
    esac
    shift
done
bin=$(cd "${1:-/nowhere}" 2>/dev/null && pwd) || usage
tools=$(cd "$bin/../tests/chaos" && pwd) || usage
shift
chosen=("$@")
[ $# -gt 0 ] || chosen=("${all[@]}")

unset "${!CONCLAVE_@}" XDG_CONFIG_HOME XDG_STATE_HOME
export TZ=UTC
# Of a sanitized build: memory that is let go counts as such, and faultdisk may be loaded first.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=4:verify_asan_link_order=0
work=$(mktemp -d)
export HOME=$work/home
mkdir "$HOME"
trap 'rm -rf "$work"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kills.sh
. "$here/kills.sh"
# shellcheck source-path=SCRIPTDIR source=links.sh
. "$here/links.sh"
# shellcheck source-path=SCRIPTDIR source=disks.sh
. "$here/disks.sh"
for name in "${chosen[@]}"; do
    declare -F "scenario_$name" >/dev/null || usage
done

# Whatever happens, nothing of a scenario is left.
leave() {
    local pid
    if [ -e "$dir/pids" ]; then
        while read -r pid; do
            kill -KILL "$pid" 2>/dev/null
        done <"$dir/pids"
        wait
    fi
    ${at_end:+"$at_end"}
}

# play NAME: in a subshell of its own.
play() {
    dir=$work/$1
    at_end=
    began=$SECONDS
    mkdir "$dir"
    trap leave EXIT
    trap 'exit 1' TERM
    exec 2>"$dir/stderr"
    "scenario_$1"
    note "$((SECONDS - began)) s"
}

tell() { # NAME
    dir=$work/$1
    if [ -e "$dir/skipped" ]; then
        echo "# $1 skipped: $(cat "$dir/skipped")"
    elif [ -e "$dir/faults" ] || [ ! -e "$dir/figures" ]; then
        failed=$((failed + 1))
        echo "not ok - $1: $(cat "$dir/figures" 2>/dev/null)"
        sed 's/^/# /' "$dir/faults" "$dir/stderr" | head -40
        for log in "$dir"/*.log; do
            sed "s/^/# ${log##*/}: /" "$log" | grep -v ' REQUEST ' | tail -3
        done
        [ -z "$keep" ] || cp -r "$dir" "$(mktemp -d "${TMPDIR:-/tmp}/chaos-$1.XXXXXX")"
    else
        passed=$((passed + 1))
        echo "ok - $1: $(cat "$dir/figures")"
    fi
    rm -rf "$dir"
}

passed=0
failed=0
running=0
told=0
for name in "${chosen[@]}"; do
    if [ "$running" -ge "$jobs" ]; then
        wait -n
        running=$((running - 1))
    fi
    ( (play "$name"); : >"$work/$name/over") &
    running=$((running + 1))
    while [ "$told" -lt "${#chosen[@]}" ] && [ -e "$work/${chosen[told]}/over" ]; do
        tell "${chosen[told]}"
        told=$((told + 1))
    done
done
wait
for name in "${chosen[@]:told}"; do
    tell "$name"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
