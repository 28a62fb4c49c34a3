#!/bin/bash
# From nothing to a member: init, the configuration, invitations, keys that change.
# Usage: setup.sh BINDIR
set -u
bin=$(cd "${1:?usage: setup.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"

# at_home NAME: nobody was ever here.
at_home() {
    export HOME=$dir/homes/$1
    mkdir -p "$HOME"
}

mode_of() {
    stat -c %a "$1"
}

# ---- init ----

at_home alice
config=$HOME/.config/conclave
gives 2 'no identity yet; make one with: conclave init' 'before init there is nobody' conclave whoami
gives 0 '^SUCCESS your identity is made$' 'init' conclave init --nick alice
gives 0 '^name +alice$' 'afterwards there is somebody' conclave whoami
check 'the secret is for nobody else' test "$(mode_of "$config/identity.key_secret")" = 600
check 'nor is the directory' test "$(mode_of "$config")" = 700
gives 0 '^SUCCESS your identity was there already$' 'init again changes nothing' conclave init
check_status 0 'init in JSON' objects \
    'o[0]["ok"] and not o[0]["made"] and o[0]["name"] == "alice" and
     o[0]["config_file"].endswith("/conclave/conclave.conf") and "server" not in o[0]' \
    conclave init --json
gives 2 'server-key or CONCLAVE_SERVER_KEY is needed' 'no message server yet' conclave groups
gives 2 'belong together' 'half a server' conclave init --server tcp://127.0.0.1:1

for name in server dev elsewhere; do
    conclave-keygen "$dir/$name" >/dev/null || exit 1
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address
mkdir "$dir/nobody"
serve_group dev --members "$dir/nobody" --owner "$config/identity.key" || exit 1
dev_pid=$started
await 10 grep -q registered "$dir/dev.log"

gives 0 "^server +$server$" 'init names the message server' \
    conclave init --server "$server" --server-key "$dir/server"
gives 0 '^dev ' 'from then on no option is needed' conclave groups
gives 0 '^SUCCESS joined dev$' 'to join' conclave join dev
gives 0 '^SUCCESS stored' 'to send' conclave send dev hello
check 'keys that were met are remembered' grep -q '^group .* dev ' \
    "$HOME/.local/state/conclave/known_keys"
at_home xdg
export XDG_CONFIG_HOME=$dir/xdg/config XDG_STATE_HOME=$dir/xdg/state
check_status 0 'XDG directories' conclave init --server "$server" --server-key "$dir/server"
check_status 0 'are used' conclave groups
check 'for the configuration' test -f "$dir/xdg/config/conclave/conclave.conf"
check 'and for what is remembered' test -f "$dir/xdg/state/conclave/known_keys"
check 'and nothing else' test -z "$(find "$HOME" -type f)"
unset XDG_CONFIG_HOME XDG_STATE_HOME
gives 2 'no home directory' 'without a home' env -u HOME conclave init

# ---- the configuration ----

at_home alice
gives 0 '^SUCCESS .*conclave.conf is right$' 'what init made is right' conclave config check
gives 0 "^server +$server +.*conclave.conf$" 'config show says from where' conclave config show
gives 0 '^server +tcp://a:1 +command line$' 'the command line wins' \
    env CONCLAVE_SERVER=tcp://b:2 conclave config show --server tcp://a:1
gives 0 '^server +tcp://b:2 +CONCLAVE_SERVER$' 'then the environment' \
    env CONCLAVE_SERVER=tcp://b:2 conclave config show
printf 'nick = alice\nserve = x\ntimeout = 5y\nnick = b\n' >"$dir/bad.conf"
gives 1 'line 2: there is no setting serve$' 'a bad configuration' conclave config check "$dir/bad.conf"
check_match 'line 3: timeout: a time such as' 'every line that is wrong'
check_match 'line 4: nick is set in line 1 already$' 'is told'
check_match 'bad.conf: 3 problems$' 'and how many'
check_status 0 'in JSON' objects '[p.get("line") for p in o] == [2, 3, 4, None] and
    all(p["error"] == "config" for p in o)' conclave --json config check "$dir/bad.conf"
gives 7 'bad.conf, line 2: there is no setting' 'it is not used' conclave -C "$dir/bad.conf" groups
gives 7 'No such file' 'one that is named must be there' conclave -C "$dir/none.conf" groups
gives 0 '^Usage' 'help works nevertheless' conclave -C "$dir/bad.conf" help groups
cp "$config/conclave.conf" "$dir/open.conf"
for mode in 620 602; do
    chmod "$mode" "$dir/open.conf"
    gives 7 'others can change' "one that others can change is not used ($mode)" \
        conclave -C "$dir/open.conf" groups
done
printf 'server = "%s"\nserver-key = server\nkey = identity.key\njson = yes\n' "$server" >"$dir/all.conf"
cp -p "$config/identity.key" "$config/identity.key_secret" "$dir"
check_status 0 'paths begin beside the file' objects 'o[0]["name"] == "dev"' \
    conclave -C "$dir/all.conf" groups
check_status 0 'a switch of it is turned off' env CONCLAVE_JSON=no conclave -C "$dir/all.conf" groups
check_match '^dev  tcp' 'by the environment'

# ---- invitations ----

check_status 0 'alice invites' conclave invite dev --uses 2
invite=$check_out
check 'the invitation alone is on standard output' test "${invite#conclave:}" != "$invite"
check_match 'let nobody else read it' 'and what to do with it beside that' "$check_err"
at_home bob
gives 0 '^SUCCESS joined dev$' 'with it a new person is in' conclave join "$invite" --nick bob
gives 0 '  alice  hello$' 'and reads' conclave history dev
gives 0 '^name +bob$' 'as somebody' conclave whoami
gives 0 "^server +$server +.*conclave.conf$" 'the message server is kept' conclave config show
gives 0 '^SUCCESS already a member' 'joining twice takes no second use' conclave join "$invite"
at_home carol
fold -w 60 <<<"$invite" >"$dir/mail"
check_status 0 'by standard input' sh -c "conclave join - <'$dir/mail'"
check_match '^SUCCESS joined dev$' 'with line breaks of a mail'
at_home erin
kill -STOP "$dev_pid"
start joining conclave join "$invite" --timeout 60s
joining=$started
shows_no_invitation() {
    tr '\0' ' ' <"/proc/$joining/cmdline" | grep -q 'join  ' && kill -0 "$joining"
}
check 'what waits does not show its invitation' await 10 shows_no_invitation
kill -CONT "$dev_pid"
wait "$joining"
check 'it was read nevertheless' test $? -eq 5
at_home dave
gives 5 'the invitation may be used up, revoked or over' 'it is used up' conclave join "$invite"
check_status 0 'told in JSON' objects 'o[0]["error"] == "own_key"' conclave join "$invite" --json
check 'nothing was set up for it' test ! -e "$HOME/.config/conclave/conclave.conf"
gives 2 'invitation' 'no invitation' conclave join conclave:AAAA
check_status 2 'nothing on standard input' conclave join -
at_home alice
check_status 0 'an invitation in JSON' objects \
    'o[0]["uses"] == 1 and o[0]["invite"].startswith("conclave:") and "expires" in o[0]' \
    conclave invite dev --json --quiet
check_status 0 'one without end' objects '"expires" not in o[0] and o[0]["uses"] == 5' \
    conclave invite dev --json --expires never --uses 5
gives 0 '^[0-9a-f]{12}  5 uses  without end +by [^ ]+$' 'invites' conclave invites dev
id=$(grep -oE '^[0-9a-f]{12}' <<<"$(conclave invites dev | grep '5 uses')")
gives 0 '^SUCCESS that invitation to dev is of no use any more$' 'revoke' conclave revoke dev "$id"
gives 1 'invitation' 'only once' conclave revoke dev "$id"
check_no_match '5 uses' 'it is gone' "$(conclave invites dev)"
at_home bob
gives 1 'your role in "dev" does not allow that' 'a member cannot invite' conclave invite dev

# ---- keys that change ----

gives 1 'did not change' 'nothing to trust' conclave trust dev
check_status 0 'the group ends' stop "$dev_pid"
mv "$dir/dev" "$dir/dev.old" && mv "$dir/dev_secret" "$dir/dev.old_secret"
check_status 0 'the message server ends' stop "${pids[0]}"
rm -r "$dir/server.data" "$dir/dev.data"
serve_directory server "$server" --open-groups --open-users || exit 1
conclave-keygen "$dir/dev" >/dev/null
serve_group dev --open || exit 1
await 10 grep -q registered "$dir/dev.log"
old=$(conclave-keygen --show "$dir/dev.old" | sed -n 's/^fingerprint: //p')
new=$(conclave-keygen --show "$dir/dev" | sed -n 's/^fingerprint: //p')
gives 4 "$old" 'a changed key is refused' conclave history dev
check_match "$new" 'with both fingerprints'
check_match 'accept it with: conclave trust dev$' 'and the command that accepts it'
check_status 0 'in JSON' objects 'o[0]["error"] == "key_changed" and o[0]["exit"] == 4' \
    conclave --json history dev
gives 0 '^SUCCESS the new key of dev is trusted from now on$' 'trust' conclave trust dev
check_match "$old" 'shows the old fingerprint'
check_match "$new" 'and the new one'
gives 0 '^SUCCESS joined dev$' 'which is accepted from then on' conclave join dev
summary
