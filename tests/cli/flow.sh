#!/bin/bash
# Clients that share no code with Conclave against the real programs: a whole session, doors that
# stay shut, an eavesdropping member, and what an observer of the network sees.
# Usage: flow.sh BINDIR (the flow programs are in BINDIR/../tests/flow)
set -u
bin=$(cd "${1:?usage: flow.sh BINDIR}" && pwd)
flow=$(cd "$bin/../tests/flow" && pwd) || exit 1
# shellcheck source=tests/support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source=tests/support/services.sh
. "$(dirname "$0")/../support/services.sh"
cd "$dir" || exit 1

key_of() {
    grep -oP 'public-key = "\K[^"]+' "$1.key"
}

# door EXPECTED DESCRIPTION ARGUMENTS...: what a client's monitor sees.
door() {
    local expected=$1 description=$2
    shift 2
    check_status 0 "$description: the client ends" timeout 20 "$flow/doors" "$@"
    check_match "^$expected\$" "$description: it sees $expected" "$check_out"
}

# refused LOG DOOR NAME DESCRIPTION: the service says whom it refused, and where.
refused() {
    check "$4: the service names key and door" \
        await 10 grep -qF "REFUSED 127.0.0.1 at the $2 door, key $(key_of "$3")" "$1.log"
}

# ---- services with lists ----

for who in server dev other rival ann bob eve rita stranger; do
    "$bin/conclave-keygen" "$who.key" >/dev/null || exit 1
done
mkdir groups users members others
cp dev.key other.key rival.key groups
cp ann.key bob.key eve.key rita.key users
cp ann.key bob.key eve.key rita.key members
cp stranger.key others

serve server conclave-server --key server.key --listen 'tcp://127.0.0.1:*' --data server.d \
    --groups groups --users users || exit 1
server=$address services=("$started")
serve other conclave-group --name other --key other.key --listen 'tcp://127.0.0.1:*' \
    --feed 'tcp://127.0.0.1:*' --server "$server" --server-key server.key --data other.d \
    --members others || exit 1
services+=("$started")
serve dev conclave-group --name plain-name --key dev.key --listen 'tcp://127.0.0.1:*' \
    --feed 'tcp://127.0.0.1:*' --server "$server" --server-key server.key --data dev.d \
    --members members --description 'a description in plain words' || exit 1
services+=("$started")
requests=$address
feed=$(grep -oEm1 'feed on tcp://[0-9.:]+' dev.log | grep -oE 'tcp://.*')
check 'a group on the list is registered' await 10 grep -q 'registered "plain-name"' dev.log

# ---- a whole session, by docs/protocol.md alone ----

session() {
    timeout 70 "$flow/raw_client" "$server" "$(key_of server)" "$@"
}
check_status 0 'a client written from the protocol page has a whole session' \
    session rita.key plain-name 'Rita R.' 'first words'
check_status 0 'and another one after it, as a member who comes back' \
    session rita.key plain-name 'Rita R.' 'second words'

# ---- doors ----

# Where the handshake itself breaks off, no key was proved that a service could name. Both sides
# notice another mechanism; the client sees whichever is first, its own finding or the hang-up.
mismatch='HANDSHAKE_FAILED_(PROTOCOL mechanism mismatch|NO_DETAIL)'
knock_bare() {
    door "$mismatch" "without encryption at the $1" null "$2" "$3"
    door "$mismatch" "with a plain password at the $1" plain "$2" "$3"
}
knock_bare server req "$server"
knock_bare group req "$requests"
knock_bare feed sub "$feed"
door HANDSHAKE_FAILED_NO_DETAIL 'another key than the server has' \
    curve req "$server" "$(key_of dev)" ann.key
door HANDSHAKE_FAILED_NO_DETAIL 'the key of another group' \
    curve req "$requests" "$(key_of other)" ann.key
door HANDSHAKE_SUCCEEDED 'a known user at the server' curve req "$server" "$(key_of server)" ann.key
door HANDSHAKE_SUCCEEDED 'a known group at the server' \
    curve req "$server" "$(key_of server)" other.key
door HANDSHAKE_SUCCEEDED 'a known user at the group' curve req "$requests" "$(key_of dev)" ann.key

door 'HANDSHAKE_FAILED_AUTH 400' 'an unknown key at the server' \
    curve req "$server" "$(key_of server)" stranger.key
refused server server stranger 'an unknown key at the server'
door 'HANDSHAKE_FAILED_AUTH 400' 'an unknown key at the group' \
    curve req "$requests" "$(key_of dev)" stranger.key
refused dev requests stranger 'an unknown key at the group'
door 'HANDSHAKE_FAILED_AUTH 400' 'a group at another group' \
    curve req "$requests" "$(key_of dev)" other.key
refused dev requests other 'a group at another group'
door 'HANDSHAKE_FAILED_AUTH 400' 'the feed for one who may join but has not' \
    curve sub "$feed" "$(key_of dev)" ann.key
refused dev feed ann 'the feed for one who may join but has not'
door 'HANDSHAKE_FAILED_AUTH 400' 'the feed for one who left' \
    curve sub "$feed" "$(key_of dev)" rita.key
refused dev feed rita 'the feed for one who left'

check_status 1 'a group with a name of another key ends' timeout 10 "$bin/conclave-group" \
    --name plain-name --key rival.key --listen 'tcp://127.0.0.1:*' --feed 'tcp://127.0.0.1:*' \
    --server "$server" --server-key server.key --data rival.d --open
check_match 'belongs to another group' 'and says why'

# ---- a member who listens to the feed of others ----

check_status 0 'who listens to others is put out, and they lose nothing' timeout 100 \
    "$flow/eavesdrop" "$server" "$(key_of server)" plain-name eve.key ann.key bob.key
echo "# $check_out"
check_match 'FEED OFFENCE BY' 'the group says what she did' "$(cat dev.log)"
door 'HANDSHAKE_FAILED_AUTH 400' 'the feed for one who was put out' \
    curve sub "$feed" "$(key_of dev)" eve.key

# ---- what an observer sees ----

# relay NAME ADDRESS: records what goes to and from it in NAME.rec; its own address in $address.
relay() {
    start "relay-$1" "$flow/relay" "${2##*:}" "$1.rec"
    await 10 grep -q listening "relay-$1.out" || exit 1
    address=$(grep -oE 'tcp://.*' "relay-$1.out")
}
relay server "$server"
to_server=$address
relay requests "$requests"
to_requests=$address
relay feed "$feed"
to_feed=$address

check_status 0 'a session through relays that record it' timeout 70 "$flow/raw_client" \
    "$to_server" "$(key_of server)" rita.key plain-name 'Rita Nickname' 'a secret message' \
    "$to_requests" "$to_feed" transcript
uuid=$check_out
hyphens=$(sed -E 's/(.{8})(.{4})(.{4})(.{4})(.{12})/\1-\2-\3-\4-\5/' <<<"$uuid")
echo "$hyphens" >>transcript

for recording in server requests feed; do
    check "the $recording recording holds a CURVE session" \
        "$flow/find_bytes" "$recording.rec" text CURVE
    check "and more than the handshake ($recording)" \
        test "$(stat -c %s "$recording.rec")" -gt 800
done
cat server.rec requests.rec feed.rec >all.rec

# unseen text|hex NEEDLE DESCRIPTION: said in the session, and not seen on the network.
unseen() {
    check "$3 was said" "$flow/find_bytes" transcript "$1" "$2"
    local status=0
    "$flow/find_bytes" all.rec "$1" "$2" || status=$?
    check "$3 cannot be seen" test "$status" -eq 1
}
unseen text 'a secret message' 'the text of a message'
unseen text 'Rita Nickname' 'a nick'
unseen text 'plain-name' "a group's name"
unseen text 'a description in plain words' "a group's description"
unseen hex "$uuid" 'a UUID'
unseen text "$hyphens" 'a UUID as text'
for method in get_group_list join_group leave_group send_message get_message get_members \
    subscribe; do
    unseen text "$method" "the method $method"
done
for word in not_member welcome entries ticket; do
    unseen text "$word" "the word $word"
done

# ---- the end ----

for service in "${services[@]}"; do
    check 'a service ends with status 0' stop "$service"
done
summary
