#!/bin/bash
# The message server is away, the group lives: every command goes on with what is remembered. And a
# group that moved, or is not the one that answers there, is not looked for where it was.
# Usage: away.sh BINDIR (the flow programs are in BINDIR/../tests/flow)
set -u
bin=$(cd "${1:?usage: away.sh BINDIR}" && pwd)
flow=$(cd "$bin/../tests/flow" && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"
cd "$dir" || exit 1
known=$HOME/.local/state/conclave/known_keys

remembers() { # ADDRESS
    grep -qE "^group [^ ]+ dev [^ ]+ at $1\$" "$known"
}

# works DESCRIPTION ARGUMENT...: alice's command ends with 0.
works() {
    local description=$1
    shift
    check_status 0 "$description" as alice "$@"
}

# fails DESCRIPTION STATUS SENTENCE ARGUMENT...
fails() {
    local description=$1 status=$2 sentence=$3
    shift 3
    check_status "$status" "$description: exit status" as alice "$@"
    check "$description: sentence" test "$(tail -n 1 <<<"$check_err")" = "conclave: $sentence"
    [ "$(tail -n 1 <<<"$check_err")" = "conclave: $sentence" ] || printf '# had: %s\n' "$check_err"
}

for name in server dev other alice bob; do
    conclave-keygen "$name" >keygen.out || exit 1
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address server_pid=$started
serve_group dev --open --owner alice || exit 1
dev=$address group=$started
await 4 grep -q registered dev.log || exit 1
works 'alice joins' join dev
check 'where the group answered is remembered' remembers "$dev"
check_status 0 'bob joins' as bob join dev

# ---- nobody listens where the message server was ----

check 'the message server ends' stop "$server_pid"
works 'a message is sent' send dev 'without a message server'
check_match '^SUCCESS' 'and stored' "$check_out"
check_status 0 'lines are sent' sh -c "printf 'lines\\ntoo\\n' |
    conclave --key alice --server $server --server-key server send dev -"
works 'history is read' history dev
check_match 'without a message server$' 'and holds it' "$check_out"
works 'history is exported' history dev --export file
works 'it is searched' search dev server
check_match 'without a message server' 'and found' "$check_out"
works 'members are listed' members dev
works 'it is asked about itself' info dev
works 'the topic is set' topic dev tea
works 'an invitation is made' invite dev
works 'invitations are listed' invites dev
works 'somebody is made moderator' role dev bob moderator
works 'somebody is kicked' kick dev bob
works 'bans are listed' bans dev
works 'the nick is changed' nick dev alicia
works 'joining again is told' join dev
works 'a feed' feed dev --after @0 --count 3
works 'one attempt is enough' --timeout 0 send dev 'at once'
follow watching alice feed dev
watching=$started
check 'a feed that begins now is up' await 10 grep -q 'up to date' watching.log
works 'and brings' send dev 'to those who follow'
check 'what is said' await 10 grep -q 'to those who follow$' watching.out
kill "$watching"
fails 'the list of groups needs it' 3 \
    "cannot reach the message server at $server: nobody listens there; to look at each step: conclave doctor" \
    --timeout 0 groups
check_status 3 'a group that was never met needs it' as alice --timeout 0 send never hello

# ---- it hangs ----

serve_directory server "$server" --open-groups --open-users || exit 1
server_pid=$started
check 'the group registers again' await 20 sh -c "conclave --key alice --server $server \
    --server-key server groups | grep -q dev"
kill -STOP "$server_pid"
works 'a message server that hangs is not waited for' send dev 'into its silence'
works 'nor by a feed' feed dev --after @0 --count 3
kill -CONT "$server_pid"

# ---- the group moves ----

check 'the group ends' stop "$group"
fails 'a group that ended' 1 'no live group is named "dev"; those that are live: conclave groups' \
    send dev hello
serve_group dev --open --owner alice || exit 1
moved=$address group=$started
await 4 grep -q registered dev.log || exit 1
check 'it is elsewhere now' test "$moved" != "$dev"
works 'it is found where it is now' --timeout 0 send dev 'at the new place'
check 'which is remembered' remembers "$moved"

# Where it was, somebody else answers: with another key that is nobody.
sed -i "s|$moved|$dev|" "$known"
start liar "$flow/liar" other "$dev" early
check 'somebody else listens there' await 10 grep -q listening liar.log
works 'the message server knows better' send dev 'not to somebody else'
check 'the new place is remembered again' remembers "$moved"
works 'it is the group' history dev
check_match 'not to somebody else$' 'to which it was sent' "$check_out"
kill "$started"

# The message server names a place where nobody answers; where the group answered last, it does.
check 'the group ends' stop "$group"
serve dev conclave-group --name dev --key dev --data dev.data --open --owner alice \
    --listen "$moved" --feed 'tcp://127.0.0.1:*' --advertise 127.0.0.2 \
    --server "$server" --server-key server || exit 1
group=$started
await 4 grep -q registered dev.log || exit 1
check_match "$moved" 'the place is remembered' "$(cat "$known")"
works 'what answers counts for more' send dev 'at the old place'
check 'and stays remembered' remembers "$moved"

# ---- both are away ----

check 'the message server ends' stop "$server_pid"
check 'the group ends' stop "$group"
fails 'nobody is there' 3 \
    "cannot reach the message server at $server: nobody listens there; cannot reach the group \"dev\" at $moved: nobody listens there; to look at each step: conclave doctor dev" \
    --timeout 0 send dev hello
check_status 3 'nor for history' as alice --timeout 0 history dev
check_status 3 'nor for a feed' as alice --timeout 0 feed dev
check_status 3 'nor within a while' as alice --timeout 500ms members dev
summary
