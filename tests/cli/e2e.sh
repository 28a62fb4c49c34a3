#!/bin/bash
# Every command of conclave by several users in two groups, with the real programs.
# Usage: e2e.sh BINDIR
set -u
bin=$(cd "${1:?usage: e2e.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"

# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"

# ---- what is expected ----

# complete FILE LAST: entries 1 to LAST as JSON, each once and in order.
complete() {
    python3 -c '
import json, sys
seen = [json.loads(line)["seq"] for line in open(sys.argv[1])]
wanted = list(range(1, int(sys.argv[2]) + 1))
seen == wanted or print("seen", len(seen), "wanted", len(wanted), file=sys.stderr)
sys.exit(seen != wanted)' "$1" "$2"
}

head_of() { # GROUP: seq of its last entry
    as alice --json history "$1" | python3 -c '
import json, sys
print(max(json.loads(line)["seq"] for line in sys.stdin))'
}

lists_both() {
    as alice groups | cut -d' ' -f1 | tr '\n' ' ' | grep -q '^dev ops '
}

# only_printable COMMAND...: nothing in its output acts on a terminal.
only_printable() {
    "$@" | LC_ALL=C tr -d '\n\40-\176' | cmp -s - /dev/null
}

# ends_on SIGNAL FEED: the feed that was started ends with 0.
ends_on() {
    kill -s "$1" "$2" && await 3 sh -c "! kill -0 $2" && wait "$2"
}

# ---- the cast ----

for name in server other dev ops vip alice bob carol dave; do
    conclave-keygen "$dir/$name" >"$dir/keygen.out" || exit 1
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address
server_pid=$started
serve_group dev --open --description 'all about building' || exit 1
dev_pid=$started
serve_group ops --open || exit 1

# ---- groups, members ----

check_status 0 'both groups are listed, in order' await 10 lists_both
check_status 0 'groups in JSON' objects \
    'list(o[0]) == ["name", "address", "key", "members", "description"] and
     o[0]["name"] == "dev" and o[0]["description"] == "all about building"' as alice --json groups
gives 1 'you are not a member of "dev"; join it with: conclave join dev$' 'send without being a member' as alice send dev hello
gives 1 'join it with: conclave join dev$' 'history without being a member' as alice history dev
gives 1 'join it with: conclave join dev$' 'feed without being a member' as alice feed dev
gives 1 'join it with: conclave join dev$' 'members without being one' as alice members dev
gives 1 'you are not in "dev"$' 'leave without being a member' as alice leave dev
gives 1 'join it with: conclave join dev$' 'lines without being a member' \
    sh -c 'seq 3 | "$@"' sh conclave --key "$dir/alice" --server "$server" \
    --server-key "$dir/server" send dev -
check_status 0 'refusal in JSON' objects \
    'o[0]["error"] == "not_member" and o[0]["exit"] == 1' as alice --json send dev hello
gives 0 '^SUCCESS' 'alice joins dev' as alice join dev
gives 0 '^SUCCESS' 'alice joins ops' as alice join ops --nick al
gives 0 '^SUCCESS' 'bob joins dev' as bob join dev
gives 0 '^SUCCESS already a member of dev$' 'bob joins again' as bob join dev
gives 0 'already a member of dev, as "bob"; to change the nick: conclave nick dev NAME$' \
    'bob joins again as another' as bob join dev --nick bob2
gives 0 '^SUCCESS already a member of dev$' 'bob joins again as himself' as bob join dev --nick bob
check_status 0 'join in JSON' objects 'o == [{"ok": True, "group": "ops", "already": False}]' \
    as bob --json join ops
gives 1 'nick' 'a nick belongs to one' as carol join dev --nick alice
check_status 1 'no such group' as alice join nowhere
gives 0 '^alice  member  [0-9a-f-]{36}  since 20[0-9-]+ [0-9:]+$' 'members' as bob members dev
check_status 0 'members in JSON' objects \
    'sorted(m["nick"] for m in o) == ["al", "bob"] and list(o[0]) == ["uuid", "nick", "since", "role", "here"]' \
    as alice --json members ops

# ---- messages ----

gives 0 '^SUCCESS stored in dev as #[0-9]+$' 'alice sends' as alice send dev hello  big world
check_status 0 'bob answers, in JSON' objects 'o[0]["ok"] and o[0]["seq"] > 0 and len(o[0]["id"]) == 36' \
    as bob --json send dev 'welcome, alice'
gives 0 '^SUCCESS' 'bob sends elsewhere' as bob send ops 'only for ops'
gives 0 '  alice  hello big world$' 'words are joined by one space' as bob history dev
check_status 0 'groups keep apart' objects 'not any(e.get("text") == "only for ops" for e in o)' \
    as alice --json history dev
gives 0 '#1  \* alice joined$' 'joins are entries' as bob history dev
check_status 0 'history in JSON' objects \
    '[e["seq"] for e in o] == [1, 2, 3, 4] and o[2]["text"] == "hello big world" and
     list(o[2]) == ["group", "seq", "ts", "kind", "author", "nick", "id", "text"]' \
    as alice --json history dev
check_status 0 'history has a limit' objects '[e["seq"] for e in o] == [3, 4]' \
    as alice --json history dev --limit 2
check_status 0 'history after a time ago' objects 'len(o) == 4' as alice --json history dev --after 10m
check_status 0 'history after now' objects 'o == []' as alice --json history dev --after 0s
third=$(as alice --json history dev --after '#0' --limit 3 | python3 -c '
import json, sys
print([json.loads(line)["ts"] for line in sys.stdin][2])')
check_status 0 'history after an entry begins with the next' objects '[e["seq"] for e in o] == [4]' \
    as alice --json history dev --after "$third"

long=$(head -c 16384 /dev/zero | tr '\0' x)
gives 0 '^SUCCESS' 'the longest message' as alice send ops "$long"
gives 2 '16385 bytes; at most 16384' 'a longer one is refused' as alice send ops "x$long"
printf 'one\n\n%s\nx%s\nlast' "$long" "$long" >"$dir/lines"
gives 1 'line 4: longer than 16384 bytes' 'a line that is too long' \
    sh -c '"$@" <'"$dir/lines" sh conclave --key "$dir/alice" --server "$server" \
    --server-key "$dir/server" send ops -
check_status 0 'the others were stored' objects \
    '[e["text"] for e in o[-4:]] == ["one", "", "x" * 16384, "last"]' as alice --json history ops

# ---- interrupted lines ----

mkfifo "$dir/typed"
exec 3<>"$dir/typed"
# shellcheck disable=SC2016 # the shell within expands it
start typing sh -c 'exec "$@" <"$0"' "$dir/typed" conclave --key "$dir/alice" \
    --server "$server" --server-key "$dir/server" send ops -
typing_pid=$started
echo 'typed and kept' >&3
await 10 sh -c "conclave --key $dir/bob --server $server --server-key $dir/server history ops |
    grep -q 'typed and kept'"
echo 'typed and kept too' >&3
await 10 sh -c "conclave --key $dir/bob --server $server --server-key $dir/server history ops |
    grep -q 'typed and kept too'"
kill -INT "$typing_pid"
check_status 0 'lines that are interrupted end' await 3 sh -c "! kill -0 $typing_pid"
exec 3>&-
check_status 1 'as refused' wait "$typing_pid"
check_match 'interrupted: 2 of 2 messages stored' 'and say how many are stored' \
    "$(cat "$dir/typing.log")"

# ---- hostile text ----

as alice send ops $'\033[2J\033]0;x\a \xe2\x80\xae \xff\xc2\x9b end\nof text' >"$dir/hostile.out"
check_status 0 'hostile text is escaped' only_printable as bob history ops
gives 0 'x1b\[2J.*u\{202E\}.*\\xff.*\\nof text' 'and shows what it was' as bob history ops
check_status 0 'and is valid JSON' objects '"body_base64" in o[-1]' as bob --json history ops
check_status 0 'JSON acts on no terminal' only_printable as bob --json history ops

# ---- the feed ----

gives 0 '^SUCCESS' 'carol joins late' as carol join dev
gives 0 'hello big world$' 'carol reads what was before' as carol history dev
head=$(head_of dev)
seq -f 'first %g' 3000 | as alice send dev - >"$dir/first.out" 2>&1 &
first_pid=$!
follow bobfeed bob --json feed dev --after @0 --count $((head + 3500))
bobfeed_pid=$started
await 10 grep -q . "$dir/bobfeed.out"
check_status 0 'three thousand lines are stored' wait "$first_pid"
check_status 0 'and reported' grep -qx 'SUCCESS 3000 of 3000 messages stored' "$dir/first.out"
await 10 grep -q 'first 3000' "$dir/bobfeed.out"
seq -f 'second %g' 500 | as carol send dev - >"$dir/second.out" 2>&1
check_status 0 'the feed ends after its count' await 20 sh -c "! kill -0 $bobfeed_pid"
check_status 0 'with success' wait "$bobfeed_pid"
check_status 0 'history and feed: complete, in order, once' complete "$dir/bobfeed.out" $((head + 3500))
check_status 0 'history agrees' objects \
    "[e['seq'] for e in o] == list(range(1, $head + 3501))" as carol --json history dev

follow both bob feed dev ops --after @0
both_pid=$started
check_status 0 'a feed of two groups' await 10 sh -c \
    "grep -q ' dev #[0-9]*  carol  second 500' $dir/both.out && grep -q ' ops #' $dir/both.out"
as alice send ops 'to both' >"$dir/send.out"
check_status 0 'goes on live' await 10 grep -q ' ops #[0-9]*  al  to both' "$dir/both.out"
as bob leave ops >"$dir/leave.out"
check_status 0 'of a group that was left it says so' await 10 grep -q ' ops: ended: ' "$dir/both.log"
as alice send dev 'to one' >"$dir/send.out"
check_status 0 'and goes on with the other' await 10 grep -q ' dev #[0-9]*  alice  to one' \
    "$dir/both.out"
as bob join ops >"$dir/join.out"
check_status 0 'SIGTERM ends a feed with 0' ends_on TERM "$both_pid"
follow live carol feed dev
live_pid=$started
as carol send dev x >"$dir/send.out"
# From now on there is nothing to await but the entries themselves: send until one is seen.
check_status 0 'a feed without history' await 10 sh -c \
    "conclave --key $dir/carol --server $server --server-key $dir/server send dev now &&
     grep -q 'carol  now' $dir/live.out"
check_status 1 'begins now' grep 'hello big world' "$dir/live.out"
check_status 0 'SIGINT ends a feed with 0' ends_on INT "$live_pid"
follow leaver carol feed dev
leaver_pid=$started
await 10 sh -c "conclave --key $dir/carol --server $server --server-key $dir/server send dev again &&
     grep -q again $dir/leaver.out"
gives 0 '^SUCCESS' 'carol leaves' as carol leave dev
check_status 0 'her feed ends' await 10 sh -c "! kill -0 $leaver_pid"
check_status 1 'as refused' wait "$leaver_pid"
gives 1 'member' 'she cannot read on' as carol history dev
gives 0 '\* carol left$' 'others see that she left' as bob history dev
gives 7 '^$' 'a closed pipe is no noise' \
    bash -o pipefail -c '"$@" | head -0' sh conclave --key "$dir/bob" --server "$server" \
    --server-key "$dir/server" history dev

# ---- keys, absence ----

check_status 4 'another server key' \
    conclave --key "$dir/alice" --server "$server" --server-key "$dir/other" groups
check_status 3 'nobody there' timeout 3 \
    conclave --key "$dir/alice" --server tcp://127.0.0.1:9 --server-key "$dir/server" \
    --timeout 1s groups
mkdir "$dir/users" || exit 1
for one in alice dev ops; do cp "$dir/$one" "$dir/users/$one.key"; done
serve_directory closed 'tcp://127.0.0.1:*' --groups "$dir/users" --users "$dir/users" || exit 1
closed=$address
check_status 0 'a user on the list' \
    conclave --key "$dir/alice" --server "$closed" --server-key "$dir/server" groups
check_status 5 'a user who is not' \
    conclave --key "$dir/dave" --server "$closed" --server-key "$dir/server" groups
serve_group vip --members "$dir/users" || exit 1
check_status 0 'the closed group is listed' await 10 sh -c \
    "conclave --key $dir/alice --server $server --server-key $dir/server groups | grep -q ^vip"
gives 0 '^SUCCESS' 'a member on the list' as alice join vip
gives 0 '^SUCCESS' 'and another' as ops join vip
rm "$dir/users/alice.key"
kill -HUP "$started"
check_status 0 'the group itself removes who is no longer listed' await 5 sh -c \
    "conclave --key $dir/ops --server $server --server-key $dir/server history vip |
    grep -qE '\\* alice was removed by the group$'"
check_status 5 'a member who is not' as dave join vip
check_status 5 'nor to read' as dave history vip
stop "$started"

# ---- restarts ----

follow through bob --json feed dev --after @0
through_pid=$started
head=$(head_of dev)
await 10 grep -q "\"seq\":$head," "$dir/through.out"
check_status 0 'the group ends within 3 s' stop "$dev_pid"
check_status 0 'the group starts again' serve_group dev --open
dev_pid=$started
check_status 0 'what was said is still there' objects "[e['seq'] for e in o] == list(range(1, $head + 1))" \
    as alice --timeout 15s --json history dev
gives 0 '^SUCCESS' 'alice is still a member' as alice send dev 'after the restart'
check_status 0 'the feed goes on by itself' await 20 grep -q 'after the restart' "$dir/through.out"
check_status 0 'and missed nothing' complete "$dir/through.out" $((head + 1))
check_status 0 'the message server ends within 3 s' stop "$server_pid"
check_status 0 'and starts again' serve_directory server "$server" --open-groups --open-users
server_pid=$started
check_status 0 'the groups come back' await 20 lists_both
gives 0 '^SUCCESS' 'and work' as alice send dev 'after both restarts'
check_status 0 'the feed still goes on' await 20 grep -q 'after both restarts' "$dir/through.out"
check_status 0 'until it is ended' ends_on TERM "$through_pid"
check_status 0 'the group ends' stop "$dev_pid"
check_status 0 'the message server ends' stop "$server_pid"

summary
