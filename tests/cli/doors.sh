#!/bin/bash
# Ill-meaning clients against the real programs: floods, answers that nobody reads, hammering with
# a refused key, silence, no descriptor left; and lists that are read again. Others must not notice.
# Usage: doors.sh BINDIR (the flow programs are in BINDIR/../tests/flow)
set -u
bin=$(cd "${1:?usage: doors.sh BINDIR}" && pwd)
flow=$(cd "$bin/../tests/flow" && pwd) || exit 1
# shellcheck source=tests/support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source=tests/support/services.sh
. "$(dirname "$0")/../support/services.sh"
cd "$dir" || exit 1

key_of() {
    grep -oP 'public-key = "\K[^"]+' "$1"
}

# hostile NAME ARGUMENT...: in the background; what it says in NAME.out.
hostile() {
    local name=$1
    shift
    start "$name" timeout 60 "$flow/hostile" "$@"
}

# prompt DESCRIPTION COMMAND...: it succeeds within a second.
prompt() {
    local description=$1 began=${EPOCHREALTIME/[.,]/} took
    shift
    check_status 0 "$description" "$@"
    took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
    check "$description within a second (took $took ms)" test "$took" -lt "$second"
}

# Sanitizers keep freed memory, so only plain builds are measured; and they are slow.
sanitized=$(grep -c __asan_init "$bin/conclave-group")
second=$((sanitized > 0 ? 5000 : 1000))
# small PID MIB DESCRIPTION: it never had more memory.
small() {
    local peak
    peak=$(awk '/VmHWM/ {print int($2 / 1024)}' "/proc/$1/status")
    [ "$sanitized" -gt 0 ] || check "$3: at most $2 MiB (had $peak)" test "$peak" -le "$2"
}

# number NAME FILE: what stands behind the word.
number() {
    grep -oP "\b$1 \K[0-9]+" "$2"
}

# logged COUNT WORDS: the group has logged so many lines with these words.
logged() {
    test "$(grep -c "$2" dev.log)" -ge "$1"
}

for who in server dev tight ann eve stranger; do
    conclave-keygen "$who" >/dev/null || exit 1
done
mkdir groups users members
for one in dev tight; do cp $one groups/$one.key; done
for one in ann eve; do cp $one users/$one.key && cp $one members/$one.key; done
serve_directory directory 'tcp://127.0.0.1:*' --groups groups --users users || exit 1
server=$address directory=$started
serve_group dev --members members || exit 1
requests=$address dev=$started
feed=$(grep -oEm1 'feed on tcp://[0-9.:]+' dev.log | grep -oE 'tcp://.*')
dev_key=$(key_of dev)
check 'the group is registered' await 10 grep -q 'registered "dev"' dev.log
check_status 0 'ann joins' as ann join dev
check_status 0 'eve joins' as eve join dev

# ---- a flood ----

hostile flood flood "$requests" "$dev_key" eve 16 4
flood=$started
check 'who asks too fast is named' await 10 grep -qE 'TOO FAST [0-9a-f-]{36}' dev.log
prompt 'somebody else sends meanwhile' as ann send dev 'in the flood'
prompt 'and reads' as ann history dev
wait "$flood"
check 'the flooder is told' test "$(number too_fast flood.out)" -gt 0
check 'and not of each request' test "$(number too_fast flood.out)" -lt "$(number sent flood.out)"
small "$dev" 100 'a flood of requests'

# ---- answers that nobody reads ----

seq 1 4000 | awk '{printf "%d %1000s\n", $1, "x"}' >lines
check_status 0 'there is some history' sh -c "conclave --key ann --server $server \
    --server-key server send dev - <lines"
hostile unread unread "$requests" "$dev_key" eve 6 1
unread=$started
check 'many pages are asked for' await 10 logged 300 'MESSAGE REQUEST'
prompt 'somebody else reads meanwhile' as ann history dev
wait "$unread"
check 'pages were asked for' test "$(number asked unread.out)" -gt 100
small "$dev" 100 'answers that nobody reads'

# ---- a key that is not accepted ----

hostile refused refused "$requests" "$dev_key" stranger 4
refused=$started
check 'a stranger is refused' await 10 logged 12 'REFUSED'
prompt 'somebody else is let in from the same address' as ann members dev
wait "$refused"
check 'a stranger is refused each time' test "$(number refused refused.out)" -gt 10
check 'and slowed down' test "$(number refused refused.out)" -le 20

# ---- who is told apart ----

stranger="it trusts another key than this service's, or does not use CURVE"
no_entry() { # LOG DOOR PATTERN DESCRIPTION
    check "$4" await 10 grep -qE "NO ENTRY for (127.0.0.1|somebody) at the $2 door: $3" "$1.log"
}
timeout 20 "$flow/doors" curve req "$server" "$dev_key" ann >/dev/null
no_entry directory server "$stranger" 'a client with another server key'
timeout 20 "$flow/doors" plain req "$server" >/dev/null
no_entry directory server "($stranger|it broke the handshake off)" 'a client with a password'
exec 3<>"/dev/tcp/127.0.0.1/${server##*:}"
printf 'GET / HTTP/1.0\r\n\r\n' >&3
no_entry directory server "$stranger" 'a client of another protocol'
exec 3>&-
timeout 20 "$flow/doors" curve sub "$feed" "$(key_of server)" ann >/dev/null
no_entry dev feed "$stranger" 'the same at the feed'

# ---- silence ----

hostile silent silent "${requests##*:}" 300 8
silent=$started
hostile silent-feed silent "${feed##*:}" 300 8
silent_feed=$started
prompt 'somebody is served among the silent' as ann send dev 'in the silence'
wait "$silent" "$silent_feed"
for out in silent silent-feed; do
    check "all could connect ($out)" grep -q '^open 300' "$out.out"
    check "all were closed ($out)" grep -q '^closed 300' "$out.out"
    check "in time ($out)" test "$(number last-ms "$out.out")" -lt 5000
done
check 'the log says so' grep -q \
    'NO ENTRY for .* at the requests door: it broke the handshake off' dev.log
check 'not for each of them' test "$(grep -c 'NO ENTRY' dev.log)" -le 40
small "$dev" 100 'silent connections'

# ---- no descriptor left ----

ulimit -S -n 60
ulimit -H -n 60
serve_group tight --members members || exit 1
tight=$started tight_requests=$address
check_status 0 'a group with few descriptors is joined' as ann join tight
hostile crowd silent "${tight_requests##*:}" 50 6
crowd=$started
check 'it says that none is left' await 10 grep -q 'no descriptor is left' tight.log
wait "$crowd"
check 'it is still there' kill -0 "$tight"
check_status 0 'and goes on when there are some again' as ann send tight 'after the crowd'
check 'it ends in order' stop "$tight"

# ---- secrets ----

secret=$(grep -oP 'secret-key = "\K[^"]+' dev_secret)
shown() { # FILE...
    grep -qF -- "$secret" "$@"
}
hidden() { # FILE...
    shown "$@"
    test $? -eq 1
}
check 'the secret is in its file' shown dev_secret
check 'the group shows no secret' hidden "/proc/$dev/cmdline" "/proc/$dev/environ" dev.log
check 'it dumps no core' grep -qE '^Max core file size +0 +0 ' "/proc/$dev/limits"
check 'it keeps its files to itself' test -z "$(find dev.data -perm /077)"

# ---- lists that are read again ----

reload() { # PATTERN DESCRIPTION
    local before
    before=$(grep -cE "$1" directory.log)
    kill -HUP "$directory"
    check "$2" await 10 sh -c "[ \$(grep -cE '$1' directory.log) -gt $before ]"
}
listed() {
    as ann groups --json | grep -q '"dev"'
}
check 'the group is listed' listed
echo nonsense >users/bad.key
reload 'the old ones stay' 'a bad list is refused'
check 'and the old one counts' listed
rm users/bad.key
mv groups/dev.key .dev
reload 'the lists were read again' 'a list without the group is read'
check_status 0 'the list can be had' as ann groups
check_no_match '\bdev\b' 'the group is off the list at once' "$check_out"
check 'and hears that it may not register' await 15 grep -q 'refuses to register' dev.log
mv .dev groups/dev.key
mkdir none
mv users/ann.key none
reload 'the lists were read again' 'a list without a user is read'
check_status 5 'the user is not let in any more' as ann groups
mv users/eve.key none
reload 'the lists were read again' 'an empty list is read'
check_status 5 'nobody is let in' as eve groups

# ---- a name server that does not answer ----

# Sanitizers must be loaded first, so they and the stand-in exclude each other.
if [ "$sanitized" -eq 0 ]; then
    conclave-keygen lonely >/dev/null
    serve lonely env LD_PRELOAD="$flow/slowdns.so" conclave-group --name lonely --key lonely \
        --data lonely.data --listen 'tcp://127.0.0.1:*' --feed 'tcp://127.0.0.1:*' --open \
        --server tcp://messages.example:5550 --server-key server || exit 1
    check 'a group whose message server is being looked up ends in time' stop "$started"
fi

# ---- the end, with silent peers at the doors ----

hostile last silent "${requests##*:}" 20 5
check 'connections are there' await 10 grep -q '^open 20' last.out
check 'the group ends in order' stop "$dev"
check 'it says what came to nothing' grep -q 'the requests door had [0-9]* connections' dev.log
check 'and what came too fast' grep -q 'requests came too fast' dev.log
check 'the message server ends in order' stop "$directory"
summary
