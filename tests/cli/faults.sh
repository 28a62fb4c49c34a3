#!/bin/bash
# What people and operators are told when something fails: for each fault, which is there for real,
# the exact sentence, the exit status, the code in JSON, and how long it takes until it is said.
# Usage: faults.sh BINDIR
set -u
bin=$(cd "${1:?usage: faults.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"
cd "$dir" || exit 1
export CONCLAVE_TIMEOUT=2s

SOON=3000    # milliseconds from a fault to its sentence
OTHER=5000   # the same where the other side has another key

now_ms() {
    echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# fault NAME MS STATUS CODE SENTENCE COMMAND...: conclave ends within MS with STATUS after exactly
# this SENTENCE; and once more in JSON, with the same and CODE. The last line counts.
fault() {
    local name=$1 ms=$2 status=$3 code=$4 sentence=$5 began took
    shift 5
    began=$(now_ms)
    check_status "$status" "$name: exit status" "$@"
    took=$(($(now_ms) - began))
    check "$name: within $ms ms (took $took)" test "$took" -le "$ms"
    said "$name: sentence" "conclave: $sentence" "$(tail -n 1 <<<"$check_err")"
    CONCLAVE_JSON=yes check_status "$status" "$name: exit status with --json" "$@"
    check "$name: JSON" is_failure "$code" "$sentence" "$status" <<<"$(tail -n 1 <<<"$check_err")"
}

# said DESCRIPTION WANTED HAD
said() {
    check "$1" test "$3" = "$2"
    [ "$3" = "$2" ] || printf '# had:    %s\n# wanted: %s\n' "$3" "$2"
}

is_failure() { # CODE SENTENCE STATUS, and the line on standard input
    python3 -c '
import json, sys
had = json.load(sys.stdin)
wanted = {"error": sys.argv[1], "text": sys.argv[2], "exit": int(sys.argv[3])}
had == wanted or print("# had", had, file=sys.stderr)
sys.exit(had != wanted)' "$@"
}

# at ADDRESS KEY USER ARGUMENT...: conclave with another message server than $server.
at() {
    local address=$1 key=$2 user=$3
    shift 3
    conclave --key "$user" --server "$address" --server-key "$key" "$@"
}

# told NAME MS FILE LINE: the line is in FILE within so many milliseconds from now.
told() {
    local name=$1 ms=$2 file=$3 line=$4 began took
    began=$(now_ms)
    check "$name: told" await 4 grep -qxF -- "$line" "$file"
    grep -qxF -- "$line" "$file" || sed 's/^/# /' "$file"
    took=$(($(now_ms) - began))
    check "$name: within $ms ms (took $took)" test "$took" -le "$ms"
}

# operator NAME STATUS SENTENCE COMMAND...: a service ends within SOON with STATUS, and says this.
operator() {
    local name=$1 status=$2 sentence=$3 began took
    shift 3
    began=$(now_ms)
    check_status "$status" "$name: exit status" "$@"
    took=$(($(now_ms) - began))
    check "$name: within $SOON ms (took $took)" test "$took" -le "$SOON"
    said "$name: sentence" "$sentence" "$(grep -m 1 '^conclave-' <<<"$check_err")"
}

# logged NAME LOG SENTENCE: a running service says so within SOON.
logged() {
    local name=$1 log=$2 sentence=$3 began took
    began=$(now_ms)
    check "$name: logged" await 4 grep -qF -- "$sentence" "$log"
    grep -qF -- "$sentence" "$log" || tail -n 5 "$log" | sed 's/^/# /'
    took=$(($(now_ms) - began))
    check "$name: within $SOON ms (took $took)" test "$took" -le "$SOON"
}

fingerprint() {
    conclave-keygen --show "$1" | sed -n 's/^fingerprint: *//p'
}

# ---- peers that are none ----

cat >peer.py <<'PEER'
import socket, sys
# silent: takes connections and says nothing; rubbish: says something else; null: ZMTP 3.0 without
# encryption.
says = {
    "silent": b"",
    "rubbish": b"HTTP/1.0 400 Bad Request\r\nServer: none\r\nContent-Length: 0\r\n\r\n" * 4,
    "null": b"\xff" + b"\0" * 8 + b"\x7f\x03\0NULL" + b"\0" * 16 + b"\0" * 32,
}[sys.argv[1]]
listener = socket.create_server(("127.0.0.1", 0), backlog=64)
print("listening on tcp://127.0.0.1:%d" % listener.getsockname()[1], file=sys.stderr, flush=True)
kept = []
while True:
    s = listener.accept()[0]
    s.sendall(says)
    kept.append(s)
PEER

# ---- the cast ----

for name in server other dev vip small tidy brim last alice bob carol dave eve; do
    conclave-keygen "$name" >keygen.out || exit 1
done
mkdir nobody users
for one in dev alice; do cp $one users/$one.key; done
for kind in silent rubbish null; do
    serve "$kind" python3 peer.py "$kind" || exit 1
    declare "$kind=$address"
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address server_pid=$started
serve_directory closed 'tcp://127.0.0.1:*' --groups users --users users || exit 1
closed=$address
serve_group dev --open --owner alice || exit 1
dev_pid=$started dev_at=$address
serve_group vip --members nobody --owner alice || exit 1
vip_pid=$started vip_at=$address
serve_group small --open --max-messages 3 || exit 1
serve_group tidy --open --max-messages 6 --keep-messages 5 || exit 1
serve_group brim --open --quota 1M --ballast 0 || exit 1
for group in dev vip small tidy brim; do
    await 4 grep -q registered "$group.log" || exit 1
done
for user in alice bob carol; do
    check_status 0 "$user joins" as $user join dev
done
check_status 0 'the owner joins' as alice join vip

# ---- no way to the message server ----

# shellcheck disable=SC2154 # declared above
{
    CONCLAVE_TIMEOUT=1s fault 'nobody listens' $SOON 3 unreachable \
        'cannot reach the message server at tcp://127.0.0.1:9: nobody listens there; to look at each step: conclave doctor' \
        at tcp://127.0.0.1:9 server alice groups
    unset CONCLAVE_TIMEOUT
    fault 'nobody listens, without a timeout of ours' $SOON 3 unreachable \
        'cannot reach the message server at tcp://127.0.0.1:9: nobody listens there; to look at each step: conclave doctor' \
        at tcp://127.0.0.1:9 server alice groups
    export CONCLAVE_TIMEOUT=2s
    CONCLAVE_TIMEOUT=1s fault 'a host that is not known' $SOON 3 unreachable \
        "cannot reach the message server at tcp://no.such.invalid:5550: no connection; is the host's name right?; to look at each step: conclave doctor" \
        at tcp://no.such.invalid:5550 server alice groups
    CONCLAVE_TIMEOUT=1s fault 'a peer that never answers' $SOON 3 unreachable \
        "cannot reach the message server at $silent: something listens there, but it does not answer as Conclave does; to look at each step: conclave doctor" \
        at "$silent" server alice groups
    CONCLAVE_TIMEOUT=1s fault 'a peer of another kind' $SOON 3 unreachable \
        "cannot reach the message server at $rubbish: something listens there, but it does not answer as Conclave does; to look at each step: conclave doctor" \
        at "$rubbish" server alice groups
    fault 'a peer without encryption' $SOON 6 protocol \
        "the message server at $null speaks another protocol or version; to look at each step: conclave doctor" \
        at "$null" server alice groups
}
fault 'a group instead of the message server' $SOON 1 unknown_method \
    'there is no such method here; is that another kind of service, or an older one?' \
    at "$dev_at" dev alice groups
fault 'another server key' $OTHER 4 server_key \
    "the message server at $closed does not have the key you trust, or is not a Conclave service; ask its operator for the fingerprint of its key" \
    at "$closed" other alice groups
fault 'our key is not accepted' $SOON 5 own_key \
    "the message server at $closed does not accept your key; ask who runs it to let you in, or for an invitation, unless you were banned" \
    at "$closed" server eve groups

# ---- groups ----

fault 'a group that is not listed' $SOON 1 not_found 'no live group is named "nowhere"; those that are live: conclave groups' \
    as alice history nowhere
fault 'not a member' $SOON 1 not_member \
    'you are not a member of "dev"; join it with: conclave join dev' as dave send dev hello
fault 'a group that lets in who is on its list' $SOON 5 own_key \
    "the group \"vip\" at $vip_at does not accept your key; ask who runs it to let you in, or for an invitation, unless you were banned" as dave join vip
fault 'a nick that is taken' $SOON 1 nick_taken 'another member already has this nick; choose another one' \
    as dave join dev --nick ALICE
fault 'nobody of that nick' $SOON 1 no_member 'nobody in the group is called "nobody"' \
    as alice kick dev nobody
fault 'nobody of that UUID' $SOON 1 no_member 'there is no such person in this group' \
    as alice kick dev "$(uuid_of eve)"
fault 'a role that does not allow it' $SOON 1 not_allowed \
    'your role in "dev" does not allow that; who is moderator or owner: conclave members dev' \
    as bob topic dev tea
fault 'a message that is too long' $SOON 2 too_large \
    'the message has 16385 bytes; at most 16384 are possible' \
    as alice send dev "$(head -c 16385 /dev/zero | tr '\0' x)"
check_status 0 'eve joins a small group' as eve join small
check_status 0 'the last message that fits' as eve send small one
check_status 0 'the last message that fits' as eve send small two
fault 'a group that is full' $SOON 1 storage_full \
    'this group holds as many messages as it may; nothing was stored; ask its operator for more room' \
    as eve send small three
crowded='messages are refused: 3 entries are held, and --max-messages allows 3'
logged 'a group that is full' small.log "$crowded"
check 'not each time' test "$(grep -cF -- "$crowded" small.log)" -eq 1
check_no_match 'accepted again' 'and none is accepted' "$(cat small.log)"

check_status 0 'eve joins a group that is tidied' as eve join tidy
check_status 1 'more than it may hold' sh -c "seq 50 | conclave --key eve --server $server \
    --server-key server send tidy -"
logged 'a group that is tidied' tidy.log 'messages are refused: '
check 'sends go on once there is room' await 5 as eve send tidy 'room again'
logged 'a group that is tidied, again' tidy.log 'messages are accepted again'

check_status 0 'eve joins a group with little room' as eve join brim
long=$(head -c 16000 /dev/zero | tr '\0' x)
check 'which is filled' await 10 sh -c "! conclave --key eve --server $server --server-key server \
    send brim $long"
fault 'a group without room' $SOON 1 storage_full \
    'there is no room to store it, nothing was stored; ask its operator for more room' \
    as eve send brim "$long"
logged 'a group without room' brim.log \
    "1 changes were not stored: the quota of $dir/brim.data/group.db is used up"

# ---- invitations ----

used=$(as alice --quiet invite vip)
check_status 0 'an invitation is used' as bob join "$used"
over=$(as alice --quiet invite vip --expires 1s)
revoked=$(as alice --quiet invite dev)
check_status 0 'an invitation is revoked' as alice revoke dev "$revoked"
fault 'an invitation that is used up' $SOON 1 bad_invite \
    'this invitation does not exist, or no longer counts; ask for a new one' as carol join "$used"
fault 'an invitation that is revoked' $SOON 1 bad_invite \
    'this invitation does not exist, or no longer counts; ask for a new one' as eve join "$revoked"
fault 'an invitation that is none' $SOON 2 bad_invite \
    'the invitation is damaged: was all of it copied?' as carol join conclave:AAAA
check 'it is over' await 4 sh -c "! conclave --key alice --server $server --server-key server \
    --json invites vip | grep -q expires"
fault 'an invitation that is over' $SOON 5 own_key \
    "the group \"vip\" at $vip_at does not accept your key; the invitation may be used up, revoked or over, or you were banned, and then no invitation helps" \
    as carol join "$over"

# ---- key files ----

cp alice open && cp alice_secret open_secret && chmod 644 open_secret
fault 'a secret key that others can read' $SOON 7 local \
    "$dir/open_secret holds a secret and is open to others (mode 0644; use chmod 600)" as open groups
cp alice cut && head -c -12 alice_secret >cut_secret && chmod 600 cut_secret
fault 'a secret key that is cut off' $SOON 7 local \
    "$dir/cut_secret: line 8 is not part of a certificate" as cut groups
cp bob halves && cp alice_secret halves_secret
fault 'halves that do not belong together' $SOON 7 local \
    "$dir/halves and $dir/halves_secret are not of the same identity" as halves groups

# ---- who is put out ----

# put_out NAME VERB TEXT: somebody who follows is told.
put_out() {
    local name=$1 verb=$2 code=$3 text=$4 plain json
    follow plain carol feed dev
    plain=$started
    follow json carol --json feed dev
    json=$started
    check "$name: they follow" await 10 sh -c \
        'grep -q "up to date" plain.log && grep -q "\"live\"" json.log'
    check_status 0 "$name: done" as alice "$verb" dev carol
    told "$name" $SOON plain.log "conclave: $text"
    check "$name: the feeds end" await 3 sh -c "! kill -0 $plain && ! kill -0 $json"
    check_status 1 "$name: exit status" wait "$plain"
    check_status 1 "$name: exit status with --json" wait "$json"
    check "$name: JSON" is_failure "$code" "$text" 1 <<<"$(tail -n 1 json.log)"
}
put_out 'kicked' kick kicked 'dev: you were removed from this group'
check_status 0 'carol comes again' as carol join dev
put_out 'banned' ban banned 'dev: you were banned from this group'
fault 'banned' $SOON 5 own_key \
    "the group \"dev\" at $dev_at does not accept your key; ask who runs it to let you in, or for an invitation, unless you were banned" as carol join dev

# ---- a group that stops, hangs, ends ----

kill -STOP "$dev_pid"
CONCLAVE_TIMEOUT=1s fault 'a group that hangs while one sends' $SOON 3 unreachable \
    "cannot reach the group \"dev\" at $dev_at: something listens there, but it does not answer as Conclave does; to look at each step: conclave doctor dev" \
    as alice send dev 'into the silence'
kill -CONT "$dev_pid"
follow watching bob feed dev
watching=$started
check 'bob follows' await 4 grep -q 'up to date' watching.log
mkfifo typed
exec 3<>typed
# shellcheck disable=SC2016 # the shell within expands it
start typing sh -c 'exec "$@" <"$0"' typed conclave --key alice --server "$server" \
    --server-key server --timeout 20s send dev -
typing=$started
echo 'before' >&3
check 'messages flow' await 4 grep -q 'before$' watching.out
kill -STOP "$server_pid"
CONCLAVE_TIMEOUT=1s fault 'a message server that hangs' $SOON 3 unreachable \
    "cannot reach the message server at $server: something listens there, but it does not answer as Conclave does; to look at each step: conclave doctor" \
    as alice groups
echo 'without a message server' >&3
check 'a group goes on without the message server' await 3 grep -q 'without a message server$' \
    watching.out
kill -CONT "$server_pid"
check 'the group ends' stop "$dev_pid"
told 'a group that ends' $SOON watching.log \
    'conclave: dev: reconnecting: the group is stopping'
fault 'a group that has ended' $SOON 1 not_found \
    'no live group is named "dev"; those that are live: conclave groups' as alice send dev x
kill -INT "$typing"
exec 3>&-
check_status 1 'the sender ends' wait "$typing"
kill "$watching"

# ---- a backup that was restored ----

serve_group dev --open --owner alice || exit 1
dev_pid=$started
await 4 grep -q registered dev.log
went_back="the group's history went backwards:"
ask_why='ask its operator why; to read it anew, resume by another name'
check_status 0 'read with a cursor' as bob feed dev --after @0 --resume early --count "$(head_of dev)"
kept=$(head_of dev)
check_status 0 'a backup' conclave-group backup --data dev.data copy.db
check_status 0 'what comes after it' as alice send dev 'after the backup'
read=$(head_of dev)
check_status 0 'is read with a cursor' as bob feed dev --after @0 --resume bot --count "$read"
check 'the group ends' stop "$dev_pid"
rm dev.data/group.db*
cp copy.db dev.data/group.db
serve_group dev --open --owner alice --restored || exit 1
dev_pid=$started
await 10 as alice info dev
restored="$went_back it was restored from a backup that ends with #$kept, and #$read was already read; $ask_why"
fault 'history that went backwards' $SOON 1 went_backwards "$restored" as bob feed dev --resume bot
check_status 0 'other things are said' as alice send dev 'another entry'
check_status 0 'and more' as alice send dev 'in its place'
fault 'history that grew again' $SOON 1 went_backwards "$restored" as bob feed dev --resume bot
check_status 0 'who had read no more than the backup has goes on' \
    as bob feed dev --resume early --count 2
check_match 'another entry' 'with what is new'
check 'and hears no word of it' test "$(grep -c . <<<"$check_out")" = 2

# ---- a copy that is not marked ----

check 'the group ends' stop "$dev_pid"
cp dev.data/group.db plain.db
serve_group dev --open --owner alice || exit 1
dev_pid=$started
await 10 as alice info dev
check_status 0 'what comes after the copy' as alice send dev 'after the copy'
check_status 0 'is read with a cursor' as bob feed dev --resume early --count 1
read=$(head_of dev)
check 'the group ends' stop "$dev_pid"
cp plain.db dev.data/group.db
serve_group dev --open --owner alice || exit 1
dev_pid=$started
await 10 as alice info dev
fault 'history that ends before what was read' $SOON 1 went_backwards \
    "$went_back it ends with #$((read - 1)), and #$read was already read; $ask_why" \
    as bob feed dev --resume early
check_status 0 'another entry takes its place' as alice send dev 'not what it was'
fault 'another entry where the last one was' $SOON 1 went_backwards \
    "$went_back its #$read is another entry than the one that was already read; $ask_why" \
    as bob feed dev --resume early
check_status 0 'the log grows on' as alice send dev 'beyond it'
fault 'the same below the end' $SOON 1 went_backwards \
    "$went_back its #$read is another entry than the one that was already read; $ask_why" \
    as bob feed dev --resume early
check 'the group ends' stop "$dev_pid"
rm -r dev.data
serve_group dev --open --owner alice || exit 1
dev_pid=$started
await 10 grep -q registered dev.log
check_status 0 'bob joins the new one' as bob join dev
fault 'a log that was replaced' $SOON 1 log_changed \
    'the group has another log than before: its history was replaced; ask its operator why; to read it anew, resume by another name' as bob feed dev --resume bot

# ---- operators ----

group() { # NAME KEY ADDRESS OPTION...
    local name=$1 key=$2 listen=$3
    shift 3
    timeout 10 conclave-group --name "$name" --key "$key" --data "$name.data" --listen "$listen" \
        --feed "$any" --server "$server" --server-key server "$@"
}
any='tcp://127.0.0.1:*'
operator 'data in use' 7 'conclave-group: small.data is in use by another process' \
    group small small "$any" --open
operator 'an address in use' 7 "conclave-group: cannot listen on $closed: Address already in use" \
    group last last "$closed" --open
operator 'nobody said who may come in' 2 'conclave-group: give either --members DIR or --open' \
    group last last "$any"
echo nonsense >nobody/bad.key
operator 'a bad list' 7 'conclave-group: nobody/bad.key holds no valid public key' \
    group last last "$any" --members nobody
operator "a bad list of the message server's" 7 \
    'conclave-server: nobody/bad.key holds no valid public key' \
    timeout 10 conclave-server --key last --data none.data --listen "$any" --groups nobody --open-users
operator 'an owner whose certificate is none' 7 'conclave-group: nobody/bad.key holds no valid public key' \
    group last last "$any" --open --owner nobody/bad.key
operator 'a key file that is cut off' 7 \
    'conclave-group: cut_secret: line 8 is not part of a certificate' group last cut "$any" --open
operator 'an address that is none' 2 \
    'conclave-group: "nonsense" is not an address: it must be tcp://HOST:PORT' \
    group last last nonsense --open
operator 'a key file that others can read' 7 \
    'conclave-group: open_secret holds a secret and is open to others (mode 0644; use chmod 600)' \
    group last open "$any" --open
rm nobody/bad.key
serve_group last --members nobody || exit 1
last_pid=$started
echo nonsense >nobody/bad.key
kill -HUP "$last_pid"
logged 'a bad list, read again' last.log \
    'the list of members was not read again, the old one stays: nobody/bad.key holds no valid public key'
rm nobody/bad.key
mkdir taken && conclave-keygen taken/vip >keygen.out
start taken conclave-group --name vip --key taken/vip --data taken.data --open \
    --listen "$any" --feed "$any" --server "$server" --server-key server
logged 'a name that is taken' taken.log \
    "the name \"vip\", or one that reads the same, belongs to another group on the message server at $server"
check_status 1 'which ends it' wait "$started"
start unlisted conclave-group --name eve --key eve --data eve.data --open \
    --listen "$any" --feed "$any" --server "$closed" --server-key server
logged 'a group that the message server does not accept' unlisted.log \
    "not registered: the message server at $closed does not accept this group's key; trying on"
start lost conclave-group --name lost --key last --data lost.data --open \
    --listen "$any" --feed "$any" --server "$closed" --server-key other
logged 'a group that meets another message server' lost.log \
    "not registered: the message server at $closed does not have the key you trust, or is not a Conclave service; trying on"
check 'the group ends' stop "$last_pid"
truncate -s 20000 last.data/group.db
operator 'a store that is cut off' 7 \
    "conclave-group: cannot use $dir/last.data/group.db: database disk image is malformed" \
    group last last "$any" --open

# ---- keys that change ----

old=$(fingerprint vip)
check 'the group ends' stop "$vip_pid"
check 'the message server ends' stop "$server_pid"
rm -r server.data vip.data vip vip_secret
conclave-keygen vip >keygen.out
serve_directory server "$server" --open-groups --open-users || exit 1
server_pid=$started
serve_group vip --open || exit 1
vip_pid=$started
await 4 grep -q registered vip.log
fault "a group's key that changed" $OTHER 4 key_changed \
    "the group vip has another key than before: its fingerprint was $old and now is $(fingerprint vip); if you know why it changed, accept it with: conclave trust vip" as alice history vip
old=$(fingerprint server)
check 'the message server ends' stop "$server_pid"
rm -r server.data
conclave-keygen --force server >keygen.out
serve_directory server "$server" --open-groups --open-users || exit 1
server_pid=$started
for command in groups 'history vip'; do
    # shellcheck disable=SC2086 # words
    fault "another key of the message server, $command" $OTHER 4 other_key \
        "the key that was given for the message server at $server is not the one that is remembered for it: the fingerprint of the given one is $(fingerprint server), of the remembered one $old; if you know that the server's key changed, accept it with: conclave trust" \
        as alice $command
done
known=$HOME/.local/state/conclave/known_keys
remembered=$(grep ^server "$known")
fault 'trust in a key that the message server does not have' $OTHER 4 server_key \
    "the message server at $server does not have the key you trust, or is not a Conclave service; ask its operator for the fingerprint of its key" \
    at "$server" vip alice trust
check_match "^server $server " 'of which one is remembered' "$remembered"
check 'which stays' test "$(grep ^server "$known" | cut -d ' ' -f 1-3)" = "$(cut -d ' ' -f 1-3 <<<"$remembered")"
check_status 0 'its new key is trusted' as alice trust
check_status 0 'and counts from then on' as alice groups
summary
