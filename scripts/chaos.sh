#!/usr/bin/env bash
# Builds Conclave, breaks everything that can break around a group in which people talk, and
# decides from their records whether anything was lost, doubled or changed. The long version:
# a thousand kills of the group, and of everything else more than the tests do.
# Usage: scripts/chaos.sh [--short] [--kills N] [--jobs N] [--keep] [SCENARIO...]
#   --short   the versions of the tests
#   --kills   of the group, in scenario kill9 (default: 1000, short: 50)
#   --jobs    so many scenarios at once (default: 1)
#   --keep    keep the records and logs of a scenario that fails, in the temporary directory
# Scenarios: kill9 server9 stopped_group stopped_reader sigterm two_groups clock cuts one_way_down
#   one_way_up link_down crowd fsync power_cut unsynced_kill lying_disk disk_full file_size old_copy
#   old_backup
# One line a scenario, with figures; the last line is "N passed, N failed".
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
long=yes
options=()
while [ $# -gt 0 ]; do
    case $1 in
    --short) long= ;;
    --keep) options+=(--keep) ;;
    --kills | --jobs)
        options+=("$1" "${2:?$1 needs a number}")
        shift
        ;;
    -*)
        sed -n '/^# Usage/,/^# One/s/^# //p' "$0" >&2
        exit 2
        ;;
    *) break ;;
    esac
    shift
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
build=$root/build/chaos
if ! { "$root/scripts/install-packages.sh" --tests &&
    cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo &&
    cmake --build "$build" -j "$(nproc)"; } >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
"$root/tests/chaos/run.sh" ${long:+--long} "${options[@]}" "$build/bin" "$@"
