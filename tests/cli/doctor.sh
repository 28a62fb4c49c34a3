#!/bin/bash
# conclave doctor: which step it names for what is wrong, and what it says when nothing is.
# Usage: doctor.sh BINDIR (a stand-in clock is in BINDIR/../tests/flow)
set -u
bin=$(cd "${1:?usage: doctor.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"
cd "$dir" || exit 1
export CONCLAVE_TIMEOUT=1s

# report EXPRESSION: the JSON on standard input has every step in order, and EXPRESSION holds for
# s, the steps by name; bad(STEP, CODE) tells that this is the first one that fails, and that
# none after it succeeds; lone(STEP, CODE) that it is the only one.
report() {
    python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
s = {r["step"]: r for r in rows}
way = ["config", "key", "address", "host", "connect", "handshake", "accepted", "protocol", "pinned",
       "groups"]
group = ["listed", "group_host", "group_connect", "group_handshake", "group_accepted",
         "group_pinned", "member", "clock", "feed"]
def failed():
    return [(r["step"], r["code"]) for r in rows if r["status"] == "fail"]
def lone(step, code):
    return failed() == [(step, code)]
def bad(step, code):
    after = rows[[r["step"] for r in rows].index(step) + 1:]
    return lone(step, code) and all(r["status"] == "skipped" for r in after)
whole = [r["step"] for r in rows] in (way, way + group) and all(
    r["ms"] >= 0 and r["text"] and ("exit" in r) == (r["status"] == "fail") for r in rows)
good = whole and eval("(%s)" % sys.argv[1])
good or print(json.dumps(rows, indent=1), file=sys.stderr)
sys.exit(not good)' "$1"
}

# finds NAME STATUS EXPRESSION COMMAND...: the examination ends with STATUS within 3 s, and its
# report is so.
finds() {
    local name=$1 status=$2 expression=$3 began=${EPOCHREALTIME/[.,]/} took
    shift 3
    CONCLAVE_JSON=yes check_status "$status" "$name: exit status" "$@"
    took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
    check "$name: the step" report "$expression" <<<"$check_out"
    check "$name: within 3 s (took $took ms)" test "$took" -le 3000
}

# with ADDRESS KEY ARGUMENT...: alice asks another message server.
with() {
    local address=$1 key=$2
    shift 2
    conclave --key alice --server "$address" --server-key "$key" "$@"
}

for name in server other dev vip alice eve; do
    conclave-keygen "$name" >keygen.out || exit 1
done
mkdir nobody users
cp alice users/alice.key
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address server_pid=$started
serve_directory closed 'tcp://127.0.0.1:*' --groups users --users users || exit 1
closed=$address
serve_group dev --open || exit 1
dev_pid=$started dev_at=$address
serve_group vip --members nobody --owner alice || exit 1
vip_pid=$started
await 10 grep -q registered dev.log
await 10 grep -q registered vip.log

# ---- nothing is wrong ----

finds 'not a member' 1 'bad("member", "not_member") and s["member"]["exit"] == 1' as alice doctor dev
check_status 0 'alice joins' as alice join dev
before=$(as alice --json info dev | grep -o '"head":[0-9]*')
finds 'nothing' 0 'all(r["status"] == "ok" and r["code"] == "ok" for r in rows) and len(rows) == 19' \
    as alice doctor dev
check 'nothing was sent' test "$(as alice --json info dev | grep -o '"head":[0-9]*')" = "$before"
finds 'without a group' 0 'len(rows) == 10' as alice doctor
check_status 0 'for people' as alice doctor dev
check_match '^ok    live feed +it is live, after entry #1 \([0-9]+ ms\)$' 'a line for each step'
check_match '^SUCCESS nothing is wrong$' 'and the result'
check_status 0 'quiet' as alice --quiet doctor dev
check 'quiet: nothing to say' test -z "$check_out$check_err"

# ---- on this machine ----

finds 'no identity, no server' 2 \
    'failed() == [("key", "usage"), ("address", "usage")] and s["host"]["status"] == "skipped"' \
    conclave doctor dev
printf 'serve = x\nserver = "%s"\nserver-key = server\nkey = alice\n' "$server" >bad.conf
finds 'a bad configuration, the rest of which is right' 7 \
    'lone("config", "config") and s["feed"]["status"] == "ok" and "line 1" in s["config"]["text"]' \
    conclave -C bad.conf doctor dev
finds 'no configuration where one should be' 7 '("config", "config") in failed()' \
    conclave -C none.conf doctor
cp alice open && cp alice_secret open_secret && chmod 644 open_secret
finds 'a secret that others can read' 7 \
    'lone("key", "local") and s["connect"]["status"] == "ok" and
     s["handshake"]["status"] == "skipped" and "your key file" in s["feed"]["text"]' as open doctor dev
finds 'a server key that is none' 7 'bad("address", "local")' with "$server" nonsense doctor
mkdir -m 500 state
touch state/known_keys && echo 'what is this' >state/known_keys
finds 'remembered keys that are damaged' 7 'bad("pinned", "local")' as alice --state "$dir/state" doctor dev

# ---- on the way ----

finds 'a host that is not known' 3 'bad("host", "unreachable")' \
    with tcp://no.such.invalid:5550 server doctor dev
finds 'nobody listens' 3 'bad("connect", "unreachable")' with tcp://127.0.0.1:9 server doctor dev
check_status 3 'for people' with tcp://127.0.0.1:9 server doctor dev
check_match '^FAIL  server connection +cannot reach the message server at tcp://127.0.0.1:9: nobody listens there; is the address right, ' \
    'what fails and what to do'
check_match '^- +not looked at +14 steps that need what failed$' 'the rest is one line'
check_status 3 'quiet' with tcp://127.0.0.1:9 server --quiet doctor dev
check 'quiet: the failure only' test "$(wc -l <<<"$check_out")" = 1
finds 'another key' 4 'bad("handshake", "server_key")' with "$server" other doctor dev
finds 'our key is not accepted' 5 'bad("accepted", "own_key")' \
    conclave --key eve --server "$closed" --server-key server doctor dev
finds 'a group instead of the message server' 6 \
    'bad("protocol", "protocol") and "no message server" in s["protocol"]["text"]' \
    with "$dev_at" dev doctor
kill -STOP "$server_pid"
finds 'a message server that hangs' 3 'bad("handshake", "unreachable")' as alice doctor dev
kill -CONT "$server_pid"

# ---- at the group ----

finds 'a group that is not listed' 1 'bad("listed", "not_found")' as alice doctor nowhere
finds 'a group that does not accept our key' 5 'bad("group_accepted", "own_key")' \
    conclave --key eve --server "$server" --server-key server doctor vip
kill -STOP "$dev_pid"
finds 'a group that hangs' 3 'bad("group_handshake", "unreachable")' as alice doctor dev
kill -CONT "$dev_pid"
# Sanitizers must be loaded first, so they and the stand-in exclude each other.
if [ "$(grep -c __asan_init "$bin/conclave-group")" -eq 0 ]; then
    conclave-keygen late >keygen.out
    serve late env LD_PRELOAD="$bin/../tests/flow/fastclock.so" conclave-group --name late --key late \
        --data late.data --listen 'tcp://127.0.0.1:*' --feed 'tcp://127.0.0.1:*' --open \
        --server "$server" --server-key server || exit 1
    await 10 grep -q registered late.log
    check_status 0 'alice joins a group with another clock' as alice join late
    finds 'a clock that is ahead' 0 \
        's["clock"]["status"] == "warn" and s["clock"]["code"] == "clock" and not failed() and
         "60.0 s ahead of yours" in s["clock"]["text"] and s["feed"]["status"] == "ok"' \
        as alice doctor late
fi
check_status 0 'alice knows the group' as alice join vip
kill -KILL "$vip_pid"
{ wait "$vip_pid"; } 2>/dev/null
finds 'a group that died' 3 'bad("group_connect", "unreachable")' as alice doctor vip

# ---- keys that changed ----

check 'the message server ends' stop "$server_pid"
rm -r server.data vip.data vip vip_secret
conclave-keygen vip >keygen.out
serve_directory server "$server" --open-groups --open-users || exit 1
server_pid=$started
serve_group vip --open || exit 1
await 10 grep -q registered vip.log
finds "a group's key that changed" 4 \
    'bad("group_pinned", "key_changed") and "conclave trust vip" in s["group_pinned"]["text"]' \
    as alice doctor vip
check 'the message server ends' stop "$server_pid"
conclave-keygen --force server >keygen.out
rm -r server.data
serve_directory server "$server" --open-groups --open-users || exit 1
finds "a message server's key that changed" 4 \
    'bad("pinned", "other_key") and s["pinned"]["text"].endswith("conclave trust")' \
    as alice doctor vip
summary
