#!/bin/bash
# Who may do what: roles, kicks, bans, topics, nicks; and looking for what was said.
# Usage: admin.sh BINDIR
set -u
bin=$(cd "${1:?usage: admin.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"


for name in server dev alice bob carol dave; do
    conclave-keygen "$dir/$name" >"$dir/keygen.out" || exit 1
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address
serve_group dev --open --owner "$dir/alice" || exit 1
await 10 grep -q registered "$dir/dev.log"
for user in alice bob carol; do
    gives 0 '^SUCCESS' "$user joins" as $user join dev
done
carol=$(uuid_of carol)

# ---- what the group is like ----

gives 0 '^your role +owner$' 'info' as alice info dev
check_match '^members +3, 0 here$' 'tells how many there are'
check_match "^fingerprint +$(conclave-keygen --show "$dir/dev" | sed -n 's/^fingerprint: //p')$" \
    'and the fingerprint'
check_status 0 'info in JSON' objects \
    'list(o[0]) == ["group", "topic", "history", "admission", "role", "members", "here", "first",
     "head", "log", "now", "address", "key", "fingerprint"] and o[0]["role"] == "owner" and
     o[0]["history"] == "all" and o[0]["admission"] == "open" and o[0]["members"] == 3' \
    as alice --json info dev
gives 0 '^alice  owner   ' 'members show roles' as bob members dev
follow here bob --json feed dev
await 10 grep -q '"live"' "$dir/here.log"
check_status 0 'and who is here' objects \
    '[m["nick"] for m in o if m["here"]] == ["bob"]' as alice --json members dev

# ---- topics and nicks ----

gives 0 'there is no topic$' 'no topic yet' as bob topic dev
gives 1 'your role in "dev" does not allow that; .*conclave members dev$' \
    'a member sets none' as bob topic dev tea
gives 0 '^SUCCESS the topic of dev is now: tea and cake$' 'the owner does' as alice topic dev tea  and cake
gives 0 '^tea and cake$' 'everybody sees it' as bob topic dev
check_status 0 'in JSON' objects 'o == [{"group": "dev", "topic": "tea and cake"}]' \
    as bob --json topic dev
gives 0 'has no topic now$' 'and takes it away' as alice topic dev ''
gives 0 '^SUCCESS you are called bobby in dev now$' 'a new nick' as bob nick dev bobby
gives 1 'nick' 'one that is taken' as bob nick dev ALICE
gives 2 'is not fit for a nick' 'one that is none' as bob nick dev ' x'
check_status 0 'a nick in JSON' objects 'o == [{"ok": True, "group": "dev", "nick": "bob"}]' \
    as bob --json nick dev bob
gives 0 'took the nick bobby$' 'nicks are entries' as alice history dev
check_status 0 'topics too' objects \
    '[e["text"] for e in o if e["kind"] == "topic"] == ["tea and cake", ""]' as alice --json history dev

# ---- roles ----

gives 0 '^SUCCESS bob is moderator of dev now$' 'a role' as alice role dev bob moderator
check_status 0 'which is an entry' objects \
    '(o[-1]["kind"], o[-1]["subject_nick"], o[-1]["role"]) == ("role", "bob", "moderator")' \
    as carol --json history dev
gives 1 'does not allow' 'a moderator makes no owners' as bob role dev carol owner
gives 1 'owner' 'a group keeps an owner' as alice role dev alice member
check_status 0 'told in JSON' objects 'o[0]["error"] == "last_owner"' \
    as alice --json role dev alice member
gives 1 'nobody in the group is called "nobody"' 'nobody of that name' as alice role dev nobody member
check_status 0 'by UUID, in JSON' objects \
    "o == [{'ok': True, 'group': 'dev', 'uuid': '$carol', 'role': 'member'}]" \
    as alice --json role dev "$carol" member

# ---- kicks ----

follow kicked carol --json feed dev
kicked_pid=$started
await 10 grep -q '"live"' "$dir/kicked.log"
as alice send dev 'carol reads this' >"$dir/send.out"
await 10 grep -q 'carol reads this' "$dir/kicked.out"
last=$(($(head_of dev) + 1)) # the kick itself
gives 0 "^SUCCESS took carol \\($carol\\) out of dev; the last entry that was published to them is #$last$" \
    'kick' as bob kick dev carol
check_status 0 'her feed ends' await 10 sh -c "! kill -0 $kicked_pid"
check_status 1 'as refused' wait "$kicked_pid"
check_status 0 'with the code' grep -q '"error":"kicked"' "$dir/kicked.log"
as alice send dev 'carol does not read this' >"$dir/send.out"
check_status 1 'nothing reached her after that' grep -q 'not read this' "$dir/kicked.out"
check_status 0 'the others stay' await 10 grep -q 'does not read this' "$dir/here.out"
gives 0 '\* bob removed carol$' 'a kick is an entry' as alice history dev
gives 1 'not a member' 'she is out' as carol history dev
gives 1 'nobody in the group' 'and cannot be kicked twice' as bob kick dev carol
for deed in kick ban; do
    gives 1 '^conclave: nobody kicks or bans themselves; to go: conclave leave dev$' \
        "an owner cannot $deed herself" as alice "$deed" dev alice
done
gives 1 'does not allow' 'a moderator kicks no owner' as bob kick dev alice
gives 0 '^SUCCESS joined' 'she may come again' as carol join dev
check_status 0 'a kick in JSON' objects \
    "list(o[0]) == ['ok', 'group', 'uuid', 'nick', 'last'] and o[0]['uuid'] == '$carol' and
     o[0]['last'] == $last" as bob --json kick dev CAROL

# ---- bans ----

gives 0 "^SUCCESS banned $carol from dev; " 'ban of somebody who is out, by UUID' as bob ban dev "$carol"
gives 0 "^carol  $carol  since .*  by bob$" 'bans' as alice bans dev
check_status 0 'bans in JSON' objects "[b['uuid'] for b in o] == ['$carol']" as alice --json bans dev
check_status 5 'who is banned stays out' as carol join dev
gives 1 'not a member' 'bans are not for everybody' as dave bans dev
gives 0 '^SUCCESS' 'dave joins' as dave join dev
gives 1 'does not allow' 'nor for members' as dave bans dev
gives 0 '^SUCCESS' 'dave leaves' as dave leave dev
gives 0 "^dave +past +$(uuid_of dave)  since .* until " 'members --past knows him' \
    as alice members dev --past
check_no_match '^dave' 'members does not' "$(as alice members dev)"
gives 1 'nobody called "dave" is banned' 'unban of nobody' as bob unban dev dave
gives 0 '^SUCCESS carol may join dev again$' 'unban by nick' as bob unban dev carol
check_status 0 'no bans any more' objects 'o == []' as alice --json bans dev
gives 0 '^SUCCESS joined' 'and in again' as carol join dev
gives 0 '\* bob lifted the ban of carol$' 'all of it is in the log' as alice history dev

# ---- everybody who came since ----

for user in erin frank; do
    conclave-keygen "$dir/$user" >"$dir/keygen.out" || exit 1
done
for user in bob erin frank dave; do
    as $user leave dev >"$dir/leave.out" 2>&1
    gives 0 '^SUCCESS' "$user comes now" as $user join dev
done
as alice role dev bob moderator >"$dir/role.out"
gives 2 'either WHO or --joined-since' 'neither whom nor since when' as bob kick dev
gives 2 'either WHO or --joined-since' 'not both' as bob kick dev erin --joined-since 1h
gives 2 'dry-run is for --joined-since' 'nothing dry about one' as bob kick dev erin --dry-run
gives 2 'takes a time' 'not since a message' as bob kick dev --joined-since '#3'
gives 1 'for moderators and owners' 'a member asks for it' as erin kick dev --joined-since 1h
since=$(as alice --json members dev | python3 -c '
import json, sys
print(*[m["since"] for m in map(json.loads, sys.stdin) if m["nick"] == "erin"])')
check_status 0 'who came since then, only to know' objects \
    'sorted(m["nick"] for m in o) == ["dave", "erin", "frank"]' \
    as alice --json kick dev --joined-since "$since" --dry-run
gives 0 '^conclave: would be taken out of dev: 4; .* stays: 1$' 'one of them is a moderator' \
    as bob kick dev --joined-since 1h --dry-run
gives 0 'frank' 'and nobody is out' as alice members dev
check_status 0 'who came since then is out' objects \
    'sorted((k["ok"], k["nick"]) for k in o) == [(True, "dave"), (True, "erin"), (True, "frank")]' \
    as bob --json kick dev --joined-since "$since"
check_status 0 'the others are in' objects \
    '[m["nick"] for m in o if m["role"] != "member"] == [m["nick"] for m in o if m["nick"] in ("alice", "bob")]
     and not [m for m in o if m["nick"] in ("dave", "erin", "frank")]' as alice --json members dev
gives 0 '^conclave: taken out of dev: 0$' 'nobody is left' as bob kick dev --joined-since "$since"

# ---- search ----

as carol send dev 'the Quick brown fox' >"$dir/send.out"
as bob send dev 'a quick answer' >"$dir/send.out"
seq -f 'number %g of many' 300 | as alice send dev - >"$dir/send.out"
gives 0 '  carol  the Quick brown fox$' 'search' as alice search dev quick FOX
check_no_match 'answer' 'only what holds all words'
check_status 0 'in order' objects '[e["nick"] for e in o] == ["carol", "bob"]' \
    as alice --json search dev quick
check_status 0 'of one person' objects '[e["nick"] for e in o] == ["bob"]' \
    as alice --json search dev quick --from bob
check_status 0 'by UUID' objects '[e["nick"] for e in o] == ["carol"]' \
    as alice --json search dev quick --from "$carol"
check_status 0 'over many pages' objects \
    '[e["text"] for e in o] == ["number %d of many" % i for i in range(1, 301)]' \
    as alice --json search dev many number
check_status 0 'with a limit' objects '[e["text"] for e in o] == ["number 1 of many"]' \
    as alice --json search dev many --limit 1
after=$(as alice --json search dev 299 | python3 -c 'import json, sys; print(json.load(sys.stdin)["ts"])')
check_status 0 'after a time' objects '[e["text"] for e in o] == ["number 300 of many"]' \
    as alice --json search dev many --after "$after"
gives 0 '^$' 'what nobody said' as alice search dev unicorn
gives 1 'not a member' 'members only' as dave search dev quick
summary
