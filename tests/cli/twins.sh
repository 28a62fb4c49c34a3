#!/bin/bash
# Two processes with one group's key and name, as a forgotten copy makes them: who goes on, who
# waits, who ends, and what each of them says.
# Usage: twins.sh BINDIR
set -u
bin=$(cd "${1:?usage: twins.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"

# ---- helpers ----

# serve_twin NAME DATA OPTION...: the group dev, from that data directory, in a process called NAME.
serve_twin() {
    local name=$1 data=$2
    shift 2
    serve "$name" conclave-group --name dev --key "$dir/dev" --data "$dir/$data" --feed 'tcp://127.0.0.1:*' \
        --server "$server" --server-key "$dir/server" --open "$@"
}

# ends_with STATUS PID: within 15 s.
ends_with() {
    local status=0
    await 15 sh -c "! kill -0 $2" || return 1
    wait "$2" || status=$?
    [ "$status" -eq "$1" ]
}

says() { # NAME TEXT
    await 15 grep -qF -- "$2" "$dir/$1.log"
}

listed_at() {
    as alice --json groups | grep -qF "\"$1\""
}

# ---- the cast ----

for name in server dev alice; do
    conclave-keygen "$dir/$name" >/dev/null || exit 1
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users --lease 3s || exit 1
server=$address
server_pid=$started
serve_twin dev dev.data --listen 'tcp://127.0.0.1:*' || exit 1
dev_pid=$started
dev_address=$address
await 10 grep -q 'registered "dev"' "$dir/dev.log"
check_status 0 'alice joins' as alice join dev
check_status 0 'and says something' as alice send dev one
check_status 0 'a copy is made' conclave-group backup --data "$dir/dev.data" "$dir/copy.db"
for copy in twin other; do
    mkdir -m 700 "$dir/$copy.data"
    cp "$dir/copy.db" "$dir/$copy.data/group.db"
done

# ---- a copy beside the living group ----

serve_twin twin twin.data --listen 'tcp://127.0.0.1:*' --restored || exit 1
twin_pid=$started
twin_address=$address
check 'the copy ends with status 7' ends_with 7 "$twin_pid"
check 'and says why' says twin "another process with this group's key and name is registered with the message server"
check 'and what to do' says twin '--take-over'
check 'before, it waited' says twin 'serves nobody and waits'
check 'it never was registered' test "$(grep -c 'registered "dev"' "$dir/twin.log")" = 0
check 'the first one was told of it' says dev "at $twin_address, asks for its place"
check 'so was the message server' says server "the one at $dev_address is registered, the one at $twin_address waits"
check 'which says who is to end' says server "both live; the one at $twin_address is told to end"
check_status 0 'the first one goes on' as alice send dev two
check 'where it was' listed_at "$dev_address"

# ---- a copy that is to take over ----

before=$(head_of dev)
serve_twin other other.data --listen 'tcp://127.0.0.1:*' --restored --take-over || exit 1
other_pid=$started
other_address=$address
check 'the first one ends with status 7' ends_with 7 "$dev_pid"
check 'and says why' says dev "another process with this group's key and name is registered with the message server"
check 'the copy is registered' says other 'registered "dev"'
check 'people find it' listed_at "$other_address"
check 'with the log of the copy' test "$(head_of dev)" -lt "$before"

# ---- one that stands still while another takes its place ----

check 'nobody else is left to take it from' says other '--take-over has no effect any more'
# What reaches it before it knows is not acknowledged: the message server stands still as well until
# then.
mkdir -m 700 "$dir/awake.data"
conclave-group backup --data "$dir/other.data" "$dir/awake.db" || exit 1
cp "$dir/awake.db" "$dir/awake.data/group.db"
kill -STOP "$other_pid"
serve_twin awake awake.data --listen 'tcp://127.0.0.1:*' --restored || exit 1
awake_pid=$started
awake_address=$address
check 'another process takes the place' says awake 'registered "dev"'
kill -STOP "$server_pid"
as alice --timeout 30 send dev 'while both stood still' >"$dir/still.out" 2>&1 &
send_pid=$!
pids+=("$send_pid")
kill -CONT "$other_pid"
check 'the first one acknowledges nothing' sh -c "! timeout 2 tail --pid=$send_pid -f /dev/null"
kill -CONT "$server_pid"
check 'it is told to end' ends_with 7 "$other_pid"
check 'the message is acknowledged' ends_with 0 "$send_pid"
check 'where people read it' sh -c "conclave --key '$dir/alice' --server '$server' --server-key '$dir/server' history dev | grep -qF 'while both stood still'"

# ---- killed, and started again ----

kill -9 "$awake_pid"
{ wait "$awake_pid"; } 2>/dev/null
serve_twin again awake.data --listen 'tcp://127.0.0.1:*' || exit 1
again_pid=$started
check 'at another address it waits' says again 'serves nobody and waits'
check 'until the lease is over' says again 'registered "dev"'
check 'the message server says so' says server "LEASE OVER OF $awake_address"
check 'people find it' listed_at "$address"
check_status 0 'and are heard' as alice send dev three
check 'it ends in order' stop "$again_pid"

# With a lease of an hour, whoever waits for its end waits for longer than this test.
check 'the message server ends' stop "$server_pid"
serve_directory patient "$server" --open-groups --open-users --lease 1h || exit 1
patient_pid=$started
serve_twin first awake.data --listen "$awake_address" || exit 1
first_pid=$started
await 10 grep -q 'registered "dev"' "$dir/first.log"
check_status 0 'alice is heard' as alice send dev four
kill -9 "$first_pid"
{ wait "$first_pid"; } 2>/dev/null
serve_twin second awake.data --listen "$awake_address" || exit 1
second_pid=$started
check 'at the same address it is registered at once' says second 'registered "dev"'
check 'the message server says so' says patient "TAKEN OVER \"dev\": another process answers at $awake_address now"
check_status 0 'alice is heard again' as alice send dev five
check 'it ends in order' stop "$second_pid"
check 'who ends in order keeps nobody waiting' serve_twin third awake.data --listen 'tcp://127.0.0.1:*'
third_pid=$started
check 'at another address' says third 'registered "dev"'

# ---- one that waits while the message server is away ----

kill -9 "$third_pid"
{ wait "$third_pid"; } 2>/dev/null
serve_twin standby awake.data --listen 'tcp://127.0.0.1:*' || exit 1
standby_pid=$started
check 'one at another address waits' says standby 'serves nobody and waits'
check 'the message server ends' stop "$patient_pid"
check 'which it says, and what it means' says standby 'trying on, and serving nobody until it answers'
serve_directory later "$server" --open-groups --open-users --lease 3s || exit 1
check 'it has the place when that is back' says standby 'registered "dev"'
check_status 0 'alice is heard once more' as alice send dev six
check 'it ends in order' stop "$standby_pid"

summary
