#!/bin/bash
# Who is put out is out: kicked clients that do not care, keys taken off a list, invitations that
# do not count any more; and what may be read over two stays. With the real programs.
# Usage: roles.sh BINDIR (the flow programs are in BINDIR/../tests/flow)
set -u
bin=$(cd "${1:?usage: roles.sh BINDIR}" && pwd)
flow=$(cd "$bin/../tests/flow" && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"

key_of() {
    grep -oP 'public-key = "\K[^"]+' "$dir/$1"
}
# texts USER GROUP: what was said, as far as USER may read it, in one line.
texts() {
    as "$1" --json history "$2" | python3 -c '
import json, sys
entries = [json.loads(line) for line in sys.stdin]
print(*[e["text"] for e in entries if e["kind"] == "message"])'
}
# linger NAME GROUP USER: a client that ignores being put out, in the background.
linger() {
    start "$1" timeout 60 "$flow/linger" "$server" "$(key_of server)" "$2" "$dir/$3"
    await 10 grep -q following "$dir/$1.out"
}

for name in server dev closed all since while alice bob carol dave eve; do
    conclave-keygen "$dir/$name" >"$dir/keygen.out" || exit 1
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address

# ---- a client that ignores it ----

serve_group dev --open --owner "$dir/alice" --description x || exit 1
dev=$started
dev_address=$address
await 10 grep -q 'registered "dev"' "$dir/dev.log"
for user in alice bob carol; do
    check_status 0 "$user joins" as $user join dev
done
follow bob bob --json feed dev
bob=$started
check 'bob follows' await 10 grep -q '"live"' "$dir/bob.log"
check 'carol follows, and has a second connection' linger carol dev carol
carol=$started
check_status 0 'a message' as alice send dev first
last=$(($(head_of dev) + 1)) # the kick itself
check_status 0 'carol is kicked' as alice kick dev "$(uuid_of carol)"
check_match "the last entry that was published to them is #$last\$" 'and it is said what she saw'
for i in 1 2 3; do
    as alice send dev "after $i" >"$dir/send.out"
done
check 'both her connections are cut' await 10 grep -q '^cut 2 ' "$dir/carol.out"
wait "$carol"
check 'nothing came behind the kick' grep -q " last $last\$" "$dir/carol.out"
check 'somebody else gets all of it' await 10 grep -q 'after 3' "$dir/bob.out"
check 'each once and in order' test "$(grep -oP '"text": ?"\K[^"]+' "$dir/bob.out" | tr '\n' ' ')" = \
    'first after 1 after 2 after 3 '
check 'on the same connection' test "$(grep -c '"live"' "$dir/bob.log")" = 1
check 'nobody was put out for it' test "$(grep -c 'FEED OFFENCE' "$dir/dev.log")" = 0

# ---- killed between a kick and its answer ----

check_status 0 'carol comes again' as carol join dev
check_status 0 'and is banned' as alice ban dev "$(uuid_of carol)"
kill -9 "$dev"
wait "$dev" 2>/dev/null
group_listen=$dev_address serve_group dev --open --owner "$dir/alice" || exit 1
await 10 grep -q 'registered "dev"' "$dir/dev.log"
check_status 5 'she is out after a restart too' as carol join dev
check_status 0 'unban' as alice unban dev carol
check_status 0 'and in again' as carol join dev
stop "$bob" || true

# ---- invitations ----

mkdir "$dir/members"
for one in alice bob; do cp "$dir/$one" "$dir/members/$one.key"; done
serve_group closed --members "$dir/members" --owner "$dir/alice" --description x || exit 1
closed=$started
await 10 grep -q 'registered "closed"' "$dir/closed.log"
check_status 0 'alice joins the closed group' as alice join closed
check_status 5 'dave does not' as dave join closed
check_status 0 'alice invites one' as alice invite closed
invite=$check_out
mkdir "$dir/fresh"
check_status 0 'somebody who has nothing is in with one command' \
    env HOME="$dir/fresh" conclave join "$invite"
check_status 0 'and can talk' env HOME="$dir/fresh" conclave send closed 'from a guest'
check_status 5 'the invitation is used up' as dave join "$invite"
check_match 'the invitation may be used up' 'which is said'
check_status 0 'one that ends soon' as alice invite closed --expires 1s
late=$check_out
check_status 0 'and one that is revoked' as alice invite closed --uses 5
gone=$check_out
as alice --json invites closed >"$dir/invites.out"
id=$(python3 -c '
import json, sys
print(*[i["id"] for i in map(json.loads, sys.stdin) if i["uses"] == 5])' <"$dir/invites.out")
check_status 0 'revoke' as alice revoke closed "$id"
check_status 1 'a revoked invitation' as dave join "$gone"
ended() {
    test -z "$(as alice --json invites closed)"
}
check 'the other one ends' await 10 ended
check_status 5 'an expired invitation' as eve join "$late"
check_status 5 'without invitations the door is shut' as eve join closed

# A moderator who is put out does not come back with an invitation of their own.
check_status 0 'bob is on the list' as bob join closed
check_status 0 'bob is moderator' as alice role closed bob moderator
check_status 0 'bob invites' as bob invite closed --uses 9
invite=$check_out
check_status 0 'bob is banned' as alice ban closed bob
check_status 5 'with another key he stays out as well' as eve join "$invite"
check_status 0 'bob may come again' as alice unban closed bob
check_status 0 'he does' as bob join closed

# ---- off the list ----

check 'bob follows the closed group' linger listed closed bob
listed=$started
last=$(($(head_of closed) + 1))
rm "$dir/members/bob.key"
: >"$dir/members/broken.key"
kill -HUP "$closed"
check 'a list with a bad file is refused as a whole' \
    await 10 grep -q 'was not read again, the old one stays' "$dir/closed.log"
check_status 0 'bob is in still' as bob send closed 'still here'
last=$((last + 1))
rm "$dir/members/broken.key"
kill -HUP "$closed"
check 'who is off the list is out at once, on open connections' \
    await 10 grep -q '^cut 2 ' "$dir/listed.out"
wait "$listed"
check_status 0 'the others talk' as alice send closed 'without bob'
check 'he saw nothing of it' test "$(grep -oP 'last \K[0-9]+' "$dir/listed.out")" -le "$last"
check_status 5 'and he does not come in' as bob history closed
check_status 0 'the guest stays' env HOME="$dir/fresh" conclave history closed

# ---- what may be read, over two stays ----

for history in all since while; do
    option=$history
    [ $history = all ] || option=$history-$([ $history = since ] && echo join || echo member)
    serve_group $history --open --owner "$dir/alice" --history "$option" || exit 1
    await 10 grep -q "registered \"$history\"" "$dir/$history.log"
    as alice join $history >"$dir/join.out"
    as alice send $history before >"$dir/send.out"
    as dave join $history >"$dir/join.out"
    as alice send $history in >"$dir/send.out"
    as alice kick $history dave >"$dir/kick.out"
    as alice send $history out >"$dir/send.out"
    as dave join $history >"$dir/join.out"
    as alice send $history again >"$dir/send.out"
    check "$option: the owner reads all" test "$(texts alice $history)" = 'before in out again'
done
check 'all: everything' test "$(texts dave all)" = 'before in out again'
check 'since-join: also what was said meanwhile' test "$(texts dave since)" = 'in out again'
check 'while-member: both stays, not what lies between' test "$(texts dave while)" = 'in again'
check_status 0 'searching finds no more' as dave search while out
check 'than reading' test -z "$check_out"
check_status 0 'but what was theirs' as dave search while in
check_match 'in$' 'is found'
summary
