#!/bin/bash
# conclave without any server: help, misuse, exit statuses, own key.
# Usage: conclave.sh BINDIR
set -u
bin=$(cd "${1:?usage: conclave.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"

dir=$check_dir
unset "${!CONCLAVE_@}" XDG_CONFIG_HOME XDG_STATE_HOME
export HOME="$dir/home" PATH="$bin:$PATH" TZ=UTC
mkdir "$HOME"

# object EXPRESSION COMMAND...: one JSON object a line on either output, and EXPRESSION holds
# for the last, o.
object() {
    local expression=$1
    shift
    "$@" 2>&1 </dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    o = json.loads(line)
sys.exit(not eval(sys.argv[1]))' "$expression"
}

# within SECONDS COMMAND...: ends in time, with the status of COMMAND.
within() {
    timeout "$@"
}

# as_keygen_says: whoami and conclave-keygen agree.
as_keygen_says() {
    local said shown
    said=$(conclave --key "$dir/alice" whoami | sed -E 's/^[a-z]+ +//' | sort)
    shown=$(conclave-keygen --show "$dir/alice" | sed -E 's/^[a-z ]+: +//' | sort)
    [ -n "$said" ] && [ "$said" = "$shown" ]
}

conclave-keygen "$dir/alice" >"$dir/out" || exit 1
conclave-keygen "$dir/server" >"$dir/out" || exit 1
alice=(conclave --key "$dir/alice" --server tcp://127.0.0.1:9 --server-key "$dir/server")
commands=$(conclave --generate=commands)

# help
gives 0 '^Usage: conclave ' 'help is asked for' conclave --help
gives 0 '^Usage: conclave ' 'short help' conclave -h
gives 0 '^conclave [0-9]+\.[0-9]+\.[0-9]+$' 'version' conclave --version
for command in $commands; do
    gives 0 "^  $command " "help lists $command" conclave --help
    gives 0 "^Usage: conclave $command" "help of $command" conclave "$command" --help
done
for variable in KEY SERVER SERVER_KEY TIMEOUT JSON; do
    gives 0 "\\[CONCLAVE_$variable\\]" "help names CONCLAVE_$variable" conclave --help
done
gives 0 '^Usage: conclave \[OPTION' 'the command help' conclave help
gives 0 '^Usage: conclave send GROUP' 'help of a command' conclave help send
gives 2 'unknown command: dance$' 'help of no command' conclave help dance
gives 0 '^Usage: conclave whoami$' 'usage without arguments' conclave help whoami
gives 0 '^  2   wrong usage' 'help has the exit statuses' conclave --help
check_status 7 'help that cannot be written' sh -c 'conclave --help >/dev/full'

# misuse
gives 2 'conclave --help' 'no command' conclave
gives 2 'unknown command: dance$' 'unknown command' conclave dance
gives 2 'did you mean history\?' 'misspelt command' conclave histroy
gives 2 'x1b\[2J' 'hostile command name is escaped' conclave $'\033[2J'
gives 2 'unknown option --dance' 'unknown option' conclave --dance groups
gives 2 'unknown option --limit' 'unknown option of a command' \
    "${alice[@]}" groups --limit 3
gives 2 'given twice' 'repeated option' "${alice[@]}" history g --limit 3 --limit 4
gives 2 'needs' 'option without its value' "${alice[@]}" history g --limit
gives 2 'missing.*GROUP' 'missing group' "${alice[@]}" join
gives 2 'missing.*TEXT' 'missing text' "${alice[@]}" send g
gives 2 'unexpected argument: b' 'surplus argument' "${alice[@]}" leave a b
gives 2 'you have no identity yet; make one with: conclave init' 'no key given' conclave whoami
gives 2 'CONCLAVE_SERVER_KEY.*operator' 'no server key given' \
    conclave --key "$dir/alice" groups
for value in '' -1 x 5y 1e3 99999d; do
    gives 2 'timeout' "timeout '$value'" "${alice[@]}" groups "--timeout=$value"
done
for value in '' 0 -1 x 1.5 99999999999999999999; do
    gives 2 'limit' "limit '$value'" "${alice[@]}" history g "--limit=$value"
    gives 2 'count' "count '$value'" "${alice[@]}" feed g "--count=$value"
done
for value in '' yesterday 2026-13-01 2026-02-30 25:00 10 @ 3x; do
    gives 2 'after' "after '$value'" "${alice[@]}" history g "--after=$value"
    gives 2 'after' "feed after '$value'" "${alice[@]}" feed g "--after=$value"
done
gives 2 'auto, always or never is needed' 'a choice' "${alice[@]}" groups --color=red
gives 2 'there is no role king: owner, moderator or member' 'role' "${alice[@]}" role g bob king
gives 2 'either TEXT or input' 'text and input' "${alice[@]}" send g hello --file "$dir/alice"
gives 2 'goes without --limit' 'follow and limit' "${alice[@]}" history g --follow --limit 3
gives 2 'such as 24h or 7d, or never' 'lifetime' "${alice[@]}" invite g --expires 1ms
gives 2 'name of 1 to 64 bytes' 'name of a feed' "${alice[@]}" feed g --resume ../x
gives 7 'cannot open .*nowhere: No such file' 'no such file' \
    "${alice[@]}" send g --file "$dir/nowhere"
gives 2 'the chat needs a terminal' 'chat without a terminal' "${alice[@]}" chat
for name in '' 'bad name' a/b -a .a "$(printf 'x%.0s' {1..65})"; do
    for command in join leave members history feed; do
        gives 2 'is not the name of a group: 1 to 64 bytes' "$command '$name'" \
            "${alice[@]}" "$command" -- "$name"
    done
    gives 2 'is not the name of a group' "send '$name'" "${alice[@]}" send -- "$name" hi
done
for nick in '' ' a' $'a\nb' "$(printf 'x%.0s' {1..65})"; do
    gives 2 'fit for a nick: 1 to 64 bytes' "nick '$nick'" "${alice[@]}" join g --nick="$nick"
done
gives 2 'the message has 16385 bytes; at most 16384' 'message that is too long' \
    "${alice[@]}" send g "$(printf 'x%.0s' {1..16385})"
check_status 2 'bad server address' "${alice[@]}" groups --server tcp://nowhere
check_status 0 'bad server address, in JSON' object 'o["exit"] == 2' \
    "${alice[@]}" --json groups --server nowhere
check_status 0 'misuse, in JSON' object 'o["error"] == "usage" and o["exit"] == 2' \
    "${alice[@]}" --json join

# own key
check_status 0 'whoami agrees with conclave-keygen' as_keygen_says
check_status 0 'whoami in JSON' \
    object 'list(o) == ["name", "uuid", "key", "fingerprint"] and o["name"] == "alice"' \
    conclave --key "$dir/alice" whoami --json
check_status 0 'JSON in front of the command' object 'o["name"] == "alice"' \
    conclave --key "$dir/alice" --json whoami
check_status 0 'options from the environment' object 'o["name"] == "alice"' \
    env CONCLAVE_KEY="$dir/alice" CONCLAVE_JSON=1 conclave whoami
gives 0 'alice' 'command line before environment' \
    env CONCLAVE_KEY=/nowhere conclave --key "$dir/alice" whoami
gives 0 'alice' 'option behind the command' conclave whoami --key "$dir/alice"
gives 7 'cannot write: No space' 'output that cannot be written' \
    sh -c "conclave --key '$dir/alice' whoami >/dev/full"
gives 7 'nobody' 'no such key' conclave --key "$dir/nobody" whoami
check_status 0 'no such key, in JSON' object 'o["error"] == "local" and o["exit"] == 7' \
    conclave --key "$dir/nobody" --json whoami
gives 7 'server key ".*nobody" is neither a file nor a public key of 40' 'no such server key' \
    conclave --key "$dir/alice" --server-key "$dir/nobody" groups
cp "$dir/server" "$dir/mixed" && cp -p "$dir/alice_secret" "$dir/mixed_secret"
gives 7 'mixed and .*mixed_secret are not of the same identity' 'halves of two identities' \
    conclave --key "$dir/mixed" whoami
gives 7 'directory of certificates /nowhere: No such file' 'no such directory of certificates' \
    conclave-server --key "$dir/server" --data "$dir/data" --groups /nowhere --open-users
gives 2 'without tcp://' 'advertised address with tcp://' \
    conclave-group --name g --key "$dir/server" --server-key "$dir/server" --data "$dir/data" \
    --open --advertise tcp://example.org
cp "$dir/alice" "$dir/loose" && cp "$dir/alice_secret" "$dir/loose_secret"
chmod 644 "$dir/loose_secret"
check_status 7 'secret key that others can read' conclave --key "$dir/loose" whoami

# nobody there
for command in groups 'join g' 'leave g' 'send g hello' 'history g' 'feed g' 'members g' \
    'info g' 'kick g bob' 'invite g' 'search g word'; do
    # shellcheck disable=SC2086 # the words are the command
    gives 3 '127.0.0.1:9: nobody listens there' "$command without a server" \
        within 5 "${alice[@]}" --timeout 1s $command
done
gives 3 '0 of 1 messages' 'lines without a server' \
    within 5 sh -c 'echo hello | "$@"' sh "${alice[@]}" --timeout 1s send g -
gives 3 '127.0.0.1:9: nobody listens there' 'one attempt' within 5 "${alice[@]}" --timeout 0 groups
check_status 0 'no server, in JSON' object 'o["exit"] == 3' "${alice[@]}" --json --timeout 1s groups

summary
