#!/bin/bash
# A group whose answers cannot be: what is said, with which exit status, and that nothing of it is
# taken for done. The group is there first, honestly; then a liar answers in its place, with its
# key and at its address.
# Usage: lies.sh BINDIR (the flow programs are in BINDIR/../tests/flow)
set -u
bin=$(cd "${1:?usage: lies.sh BINDIR}" && pwd)
flow=$(cd "$bin/../tests/flow" && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"
cd "$dir" || exit 1
export CONCLAVE_TIMEOUT=5s

# lied LIE STATUS CODE SENTENCE ARGUMENT...: while the group tells that lie, conclave ends with
# STATUS after exactly this SENTENCE, and so it does in JSON, with CODE.
lied() {
    local lie=$1 status=$2 code=$3 sentence=$4
    shift 4
    start liar "$flow/liar" dev "$dev" "$lie"
    check "$lie: the liar listens" await 10 grep -q listening liar.log
    check_status "$status" "$lie: exit status" as alice "$@"
    check "$lie: sentence" test "$(tail -n 1 <<<"$check_err")" = "conclave: $sentence"
    check_status "$status" "$lie: exit status in JSON" as alice --json "$@"
    check "$lie: JSON" test "$(tail -n 1 <<<"$check_err")" = \
        "{\"error\":\"$code\",\"text\":\"$sentence\",\"exit\":$status}"
    check_no_match "$lie: no success" SUCCESS "$check_out"
    kill "$started"
    wait "$started"
}

for name in server dev alice; do
    conclave-keygen "$name" >keygen.out || exit 1
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address
serve_group dev --open || exit 1
dev=$address group=$started
await 4 grep -q registered dev.log || exit 1
check_status 0 'alice joins' as alice join dev
check_status 0 'an honest history' as alice history dev
check_status 0 'an honest export' as alice history dev --export honest
advice='; to look at each step: conclave doctor dev'
# Killed, it stays on the list for a while.
kill -KILL "$group"
wait "$group" 2>/dev/null

lied hole 6 protocol "the group's history has a hole$advice" history dev
lied hole 6 protocol "the group's history has a hole$advice" history dev --export hole
check 'no file of it' test ! -e hole
lied gone 1 incomplete 'entries 2 to 9 of the history are missing; nothing is exported' \
    history dev --export gone
check 'no file of it' test ! -e gone
lied early 6 protocol "the group's history ends before its end$advice" history dev
lied early 6 protocol "the group's history ends before its end$advice" history dev --export early
lied creep 6 protocol "the group's search does not go on$advice" search dev word
lied twice 6 protocol "the list of members is out of order$advice" members dev
lied never 6 protocol "the group's answer acknowledges what cannot be$advice" send dev hello
check 'nothing is left of an export' test -z "$(find . -name 'hole*' -o -name 'gone*' -o -name 'early*')"
summary
