#!/bin/bash
# What the command line takes and what it says: options on either side, addresses, empty things,
# invitations, who did what.
# Usage: sentences.sh BINDIR
set -u
bin=$(cd "${1:?usage: sentences.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"

# on_terminal COMMAND...: what it prints on one.
on_terminal() {
    local words
    printf -v words '%q ' "$@"
    script -qec "$words" /dev/null
}

for name in server dev other alice bob carol dave; do
    conclave-keygen "$dir/$name" >/dev/null || exit 1
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address

# ---- nothing is there ----

check_status 0 'no group is live' as alice groups
check 'nothing is printed for a program' test -z "$check_out$check_err"
gives 0 'no group is live on this message server' 'a terminal is told so' \
    on_terminal conclave --key "$dir/alice" --server "$server" --server-key "$dir/server" groups

mkdir "$dir/nobody"
serve_group other --members "$dir/nobody" || exit 1
serve_group dev --open --owner "$dir/alice" || exit 1
await 10 grep -q 'registered "dev"' "$dir/dev.log"
await 10 grep -q 'registered "other"' "$dir/other.log"

# ---- doors ----

door='the door at tcp://[0-9.:]+'
strangers="$door keeps strangers out"
everybody="$door asks for a key, and lets everybody in who has one"
doors() { # LOG PATTERN
    grep -cE "$2" "$dir/$1.log"
}
check 'an open message server does not say that it keeps strangers out' \
    test "$(doors server "$strangers") $(doors server "$everybody")" = '0 1'
check 'nor does an open group; its feed is for members' \
    test "$(doors dev "$strangers") $(doors dev "$everybody")" = '1 1'
check 'a group with a list does' \
    test "$(doors other "$strangers") $(doors other "$everybody")" = '2 0'

# ---- options and addresses ----

for who in alice bob carol; do
    as "$who" join dev >/dev/null
done
for text in one two three; do
    as alice send dev "$text" >/dev/null
done
me=(--key "$dir/alice" --server "$server" --server-key "$dir/server")
check_status 0 'options of a command in front of it' conclave "${me[@]}" --limit 2 history dev
check 'they count' test "$(wc -l <<<"$check_out")" = 2
check_status 0 'a short one with its value glued' conclave -l1 "${me[@]}" history dev
check 'it counts' test "$(wc -l <<<"$check_out")" = 1
check_status 0 'a switch in front, values that are named like commands' \
    conclave "${me[@]}" --past --state "$dir/send" members dev --json
gives 2 'history: unknown option --count' 'one of another command' conclave --count 2 history dev
gives 2 'needed: GROUP' 'its value is not the command' conclave --limit 5 history
gives 2 'unknown command: histry; did you mean history' 'a mistyped command behind one' \
    conclave --limit 5 histry dev
gives 2 'given twice' 'twice on one side' conclave --limit 1 --limit 2 history dev

bare=${server#tcp://}
check_status 0 'an address without tcp://' \
    conclave --key "$dir/alice" --server "$bare" --server-key "$dir/server" groups
check_match '^dev ' 'is the same message server'
check 'also in what is remembered' test "$(grep -c ^server "$HOME/.local/state/conclave/known_keys")" = 1
for wrong in example.org http://example.org:1 ' :1' :5550 tcp://:1; do
    gives 2 'an address such as example.org:5550 is needed' "'$wrong' is no address" \
        conclave --server "$wrong" groups
done
check_status 0 'init with it' conclave init --config "$dir/own/conclave.conf" --server "$bare" \
    --server-key "$dir/server"
check 'writes all of it' grep -qxF "server = \"$server\"" "$dir/own/conclave.conf"

# ---- no configuration ----

mkdir -p "$HOME/.config/conclave"
echo 'wrong' >"$HOME/.config/conclave/conclave.conf"
gives 7 'conclave.conf, line 1' 'a wrong configuration' conclave "${me[@]}" groups
check_status 0 'is passed by with /dev/null' conclave "${me[@]}" --config /dev/null groups
check_status 0 'which is right' conclave config check /dev/null
rm "$HOME/.config/conclave/conclave.conf"
check_status 0 'the identity is made where it always is' conclave init --config /dev/null
check 'there' test -s "$HOME/.config/conclave/identity.key_secret"
gives 7 '/dev/null is not a regular file' 'nothing is written into it' \
    conclave init --config /dev/null --nick me
check 'it is what it was' test -c /dev/null

# ---- messages ----

gives 2 'the message is empty; to send it all the same: --allow-empty' 'an empty message' \
    as alice send dev ''
check_status 2 'the same for empty input as a whole' as alice send dev --whole
check_status 0 'it is sent when that is meant' as alice send dev --allow-empty ''
head -c 3000 /dev/zero | tr '\0' '\377' >"$dir/picture"
check_status 0 'a message that is not text' as alice send dev --whole --file "$dir/picture"
check_status 0 'history cuts it' as alice history dev
check_match 'alice  (\\xff){64}… \(3000 bytes that are not text; --json has them\)$' \
    'and says how much there is'
check_status 0 'JSON has all of it' objects 'len(o[-1]["body_base64"]) == 4000' \
    as alice history dev --json

# ---- who did it ----

check_status 0 'what the group does' as alice history dev
check_match '\* alice became owner$' 'does not read as a person'\''s act'
check_status 0 'JSON says it is the group' objects \
    '[e["kind"] for e in o if "by_group" in e] == ["role"] and o[1]["by_group"] is True' \
    as alice history dev --json

# ---- invitations ----

gives 0 "it is of use on this machine only, as the message server's address in it is $server" \
    'an invitation that leads nowhere else' as alice invite dev
check_match 'let nobody else read it' 'what it is comes before'
made=$(as alice invite dev --uses 3 --expires 2h --json)
id=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["id"])' "$made")
check_status 0 'invite in JSON has what the group keeps' objects \
    "[i for i in o if i['id'] == '$id'][0]['expires'] == ${made}['expires'] and
     ${made}['uses'] == 3" as alice invites dev --json
check_status 0 'invite in JSON, without end' objects '"expires" not in o[0] and len(o[0]["id"]) == 64' \
    as alice invite dev --expires never --json --quiet
check_status 0 'revoke takes that id' as alice revoke dev "$id"
gives 0 '  by alice$' 'invites names who made them' as alice invites dev
as alice ban dev carol >/dev/null
gives 0 '^carol .*  by alice$' 'bans names both' as alice bans dev
check_status 0 'bans in JSON' objects 'o[0]["nick"] == "carol" and o[0]["by_nick"] == "alice"' \
    as alice bans dev --json
made=$(as alice invite dev 2>/dev/null)
gives 5 'or you were banned, and then no invitation helps' 'who is banned is told what does not help' \
    as carol join "$made"
gives 5 'or for an invitation, unless you were banned' 'so is who cannot know' as dave join other
summary
