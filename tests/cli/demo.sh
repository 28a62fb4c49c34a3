#!/bin/bash
# scripts/demo.sh: it shows what it promises, leaves nothing behind, and what --keep says works as it
# stands, to go on and to end it.
# Usage: demo.sh BINDIR
set -u
bin=$(cd "${1:?usage: demo.sh BINDIR}" && pwd)
demo=$(cd "$(dirname "$0")/../../scripts" && pwd)/demo.sh
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"
export TMPDIR=$dir/demos
mkdir "$TMPDIR"

leaves_nothing() {
    [ -z "$(ls "$TMPDIR")" ]
}

# block HEADING: what the demo tells to type under it, up to the next empty line.
block() {
    sed -n "/$1/,/^\$/p" <<<"$check_out" | sed 1d
}

check_status 2 'another option' "$demo" --kept
check_status 0 'the demo' timeout 60 "$demo" --bin "$bin"
check_match '^That was it|== That was it' 'it ends'
check_match '#[0-9]+  alice  line three$' 'people have talked'
check_match 'exit status 5: this group does not accept her key' 'and one is kept out'
check 'nothing is left' leaves_nothing

check_status 0 'the demo, kept' timeout 60 "$demo" --keep --bin "$bin"
bob=$(block 'In a second terminal, as Bob')
alice=$(block 'In this one, as Alice')
ending=$(block 'To stop it and remove what it made')
read -ra kept <<<"$(sed -n 's/^kill \([0-9 ]*\);.*/\1/p' <<<"$ending")"
pids+=("${kept[@]}")
check 'it says how to end it' test "${#kept[@]}" -eq 3
start bob bash -c "$bob"
check 'what is told for Bob shows what was said' await 10 grep -q 'alice  line three$' "$dir/bob.out"
check_status 0 'what is told for Alice sends' bash -c "$alice"
check 'and he sees it' await 10 grep -q 'alice  hello$' "$dir/bob.out"
kill "$(pgrep -P "$started" conclave || echo "$started")"
check_status 0 'what is told for the end' bash -c "$ending"
is_over() {
    ! kill -0 "${kept[@]}" 2>/dev/null
}
check 'ends the services' await 10 is_over
check 'and removes everything' leaves_nothing
summary
