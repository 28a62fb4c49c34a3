#!/usr/bin/env bash
# What an operator does with a group's data: check it, copy it, restore it, bound it.
# Usage: storage.sh BINDIR
set -u
bin=$(cd "${1:?usage: storage.sh BINDIR}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$here/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$here/../support/services.sh"

for who in server dev small alice bob; do
    conclave-keygen "$dir/$who" >/dev/null || exit 1
done
serve_directory directory 'tcp://127.0.0.1:*' --open-groups --open-users
server=$address
serve_group dev --open
group=$started
await 10 grep -q registered "$dir/dev.log"
as alice join dev >/dev/null
seq 1 500 | as alice send dev - >/dev/null

# ---- backup while it runs, verify, restore ----

check_status 0 "a backup is made while the group runs" \
    conclave-group backup --data "$dir/dev.data" "$dir/copy.db"
check "it is private" test "$(stat -c %a "$dir/copy.db")" = 600
check_status 1 "it is not overwritten" conclave-group backup --data "$dir/dev.data" "$dir/copy.db"
check_match "copy.db" "and says which file is in the way"
check_status 0 "but with --force" \
    conclave-group backup --force --data "$dir/dev.data" "$dir/copy.db"
check_status 7 "a group that runs is not verified" conclave-group verify --data "$dir/dev.data"
as alice send dev "after the backup" >/dev/null
check "the group stops" stop "$group"
check_status 0 "a stopped group is verified" conclave-group verify --data "$dir/dev.data"
mkdir -m 700 "$dir/restored"
cp "$dir/copy.db" "$dir/restored/group.db"
check_status 0 "so is a backup" conclave-group verify --data "$dir/restored"
mv "$dir/dev.data" "$dir/old.data"
mv "$dir/restored" "$dir/dev.data"
check_status 2 "a backup is not started by accident" timeout 10 conclave-group --name dev \
    --key "$dir/dev" --data "$dir/dev.data" --listen 'tcp://127.0.0.1:*' \
    --feed 'tcp://127.0.0.1:*' --server "$server" --server-key "$dir/server" --open
check_match "dev.data/group.db is a backup; start it once with --restored" "which it says"
serve_group dev --open --restored
group=$started
check "with --restored it starts, and says so" \
    grep -q 'restored from a backup that ends with entry 501' "$dir/dev.log"
stop "$group"
serve_group dev --open
group=$started
await 10 as alice members dev
check_status 0 "a restored group serves" as alice history dev --json
check "what was said before the backup is there" \
    test "$(grep -c '"kind":"message"' <<<"$check_out")" = 500
check_no_match "after the backup" "what was said after it is not"
stop "$group"

# ---- damage ----

check_status 0 "the group is well" conclave-group verify --data "$dir/dev.data"
at=$(grep -abom1 'hello, damage' "$dir/dev.data/group.db" | cut -d: -f1)
check "nothing is damaged yet" test -z "$at"
serve_group dev --open
group=$started
await 10 as alice members dev
as alice send dev "hello, damage" >/dev/null
stop "$group"
at=$(grep -abom1 'hello, damage' "$dir/dev.data/group.db" | cut -d: -f1)
printf 'H' | dd of="$dir/dev.data/group.db" bs=1 seek="$at" conv=notrunc status=none
check_status 1 "one changed byte is found" conclave-group verify --data "$dir/dev.data"
check_match "502" "and named by its number"
serve_group dev --open
group=$started
await 10 as alice members dev
check_status 1 "the changed entry is not delivered" as alice history dev
check_no_match "Hello, damage" "in no form"
stop "$group"

# ---- bounds ----

serve_group small --open --keep-messages 100
group=$started
await 10 grep -q registered "$dir/small.log"
as bob join small >/dev/null
seq 1 2000 | as bob send small - >/dev/null
only_newest() {
    [ "$(as bob history small --json | wc -l)" = 100 ]
}
check "old entries are removed" await 15 only_newest
check_status 0 "the newest are kept" as bob history small --after '#0' --limit 1 --json
check_match '"seq":1902,' "and numbers go on"
stop "$group"
serve_group small --open --quota 1M
group=$started
await 10 as bob members small
head -c 3000000 /dev/zero | tr '\0' 'x' | fold -w 10000 >"$dir/lines"
as bob send small - <"$dir/lines" >"$dir/out" 2>&1
check "a full group refuses" test $? -eq 1
check_match 'no room' "in words" "$(cat "$dir/out")"
check_status 0 "reading goes on" as bob history small --limit 1
check_status 0 "leaving goes on" as bob leave small
check "a full group stops" stop "$group"

# ---- a clock that is ahead ----

# Sanitizers must be loaded first, so they and the stand-in exclude each other.
if [ "$(grep -c __asan_init "$bin/conclave-group")" -eq 0 ]; then
    conclave-keygen "$dir/aged" >"$dir/out"
    serve_group aged --open || exit 1
    group=$started
    await 10 grep -q registered "$dir/aged.log"
    as bob join aged >/dev/null
    check_status 0 "bob writes by the right clock" as bob send aged one
    check "the group stops" stop "$group"
    export LD_PRELOAD=$bin/../tests/flow/fastclock.so FASTCLOCK_AHEAD
    FASTCLOCK_AHEAD=$((3650 * 86400)) serve_group aged --open --keep-days 1 || exit 1
    group=$started
    unset LD_PRELOAD
    check "ten years ahead, the log says so" await 10 grep -q \
        'the clock is 36[0-9][0-9] days ahead of that of the message server: no entry is let go of' \
        "$dir/aged.log"
    check_status 0 "sending goes on" as bob send aged two
    # The log spoke when upkeep began, on the thread that then stored the message.
    check_status 0 "nothing is let go of" as bob history aged --json
    check_match '"text":"one"' "what was there before is there"
    check "the group stops" stop "$group"
    export LD_PRELOAD=$bin/../tests/flow/fastclock.so
    FASTCLOCK_AHEAD=1200 serve_group aged --open --keep-days 1 || exit 1
    group=$started
    unset LD_PRELOAD
    check "twenty minutes ahead of the message server" await 10 grep -q \
        'the clock is \(19\|20\) minutes ahead of that of the message server' "$dir/aged.log"
    check "ten years behind the newest entry" await 10 grep -q \
        'the clock is 36[0-9][0-9] days behind the entry that was the newest' "$dir/aged.log"
    check "the group stops" stop "$group"
fi

# ---- a log that was moved away ----

for left in ballast search.db; do
    rm -rf "$dir/left.data" "$dir/left.log"
    mkdir -m 700 "$dir/left.data"
    (umask 077 && : >"$dir/left.data/$left")
    [ -e "$dir/left" ] || conclave-keygen "$dir/left" >"$dir/out"
    serve_group left --open || exit 1
    group=$started
    check "a $left without a log is warned of" \
        grep -q "warn .*there is a $left in .*left.data, but no group.db" "$dir/left.log"
    check "the group stops" stop "$group"
    : >"$dir/left.log"
    serve_group left --open || exit 1
    group=$started
    check "with its log it is not" test "$(grep -c 'but no group.db' "$dir/left.log")" = 0
    check "the group stops" stop "$group"
done

# ---- misuse ----

check_status 2 "verify needs a directory" conclave-group verify
check_status 7 "a directory that is not there" conclave-group verify --data "$dir/none"
check_status 2 "backup needs a file" conclave-group backup --data "$dir/dev.data"
check_status 2 "an unknown tool" conclave-group repair --data "$dir/dev.data"
check_status 2 "a quota that is none" conclave-group --name x --key "$dir/dev" --server-key \
    "$dir/server" --data "$dir/x" --open --quota lots
summary
