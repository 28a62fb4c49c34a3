#!/bin/bash
# Every example of the help and the manual pages, run as it stands, in its order, with a real group.
# Usage: examples.sh BINDIR
set -u
bin=$(cd "${1:?usage: examples.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"

conclave --generate=examples >"$dir/examples"
check 'there are examples' test "$(wc -l <"$dir/examples")" -gt 50
for name in server dev design alice bob; do
    conclave-keygen --name "$name" "$dir/$name" >/dev/null
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users
server=$address
serve_group dev --open --owner "$dir/alice"
serve_group design --open --owner "$dir/alice"

# Where they are run: what they name is there, and what listens does so where nobody else does.
mkdir "$dir/here" "$dir/here/members" "$dir/here/groups" "$dir/here/users"
cd "$dir/here" || exit 1
cp "$dir/alice" alice.key
cp "$dir/bob" members/bob.key
echo 'remember the milk' >notes.txt
mkdir -p "$HOME/.config/conclave"
cp "$dir/alice" "$HOME/.config/conclave/identity.key"
cp "$dir/alice_secret" "$HOME/.config/conclave/identity.key_secret"
export CONCLAVE_SERVER=$server CONCLAVE_SERVER_KEY=$dir/server
known_keys=$HOME/.local/state/conclave/known_keys

bob_is_in() {
    conclave --config /dev/null --key "$dir/bob" --state "$dir/bob.state" join dev >/dev/null 2>&1
}
# forget PLACE: another key than it has is remembered of it.
forget() {
    local other
    other=$(grep -oP 'public-key = "\K[^"]+' "$dir/bob")
    sed -i -E "s|^($1) [^ ]{40}|\1 ${other//&/\\&}|" "$known_keys"
}
has_said() {
    grep -qE "$1" "$dir/example.out" "$dir/example.log" dev.log && return
    conclave send dev 'something is said' >/dev/null 2>&1
    return 1
}
# until_it_says PATTERN LINE: it says that, and goes on until it is told to end.
until_it_says() {
    start example bash -c "exec $2"
    check "$2" await 20 has_said "$1"
    kill "$started"
    wait "$started"
    rm -f dev.log
}

# On a terminal: /quit is typed once it can be.
begin_and_quit='
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
    os.execvp("bash", ["bash", "-c", sys.argv[1]])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
seen = b""
while "\u203a".encode() not in seen:
    seen += os.read(fd, 65536)
os.write(fd, b"/quit\r")
try:
    while os.read(fd, 65536):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))'

while IFS= read -r line <&3; do
    case $line in
    conclave-server* | conclave-group\ --name*)
        CONCLAVE_LISTEN='tcp://127.0.0.1:*' CONCLAVE_FEED='tcp://127.0.0.1:*' \
            until_it_says 'listening on' "$line"
        continue
        ;;
    *\ feed\ *--count*) ;;
    *\ feed\ * | *--follow*)
        until_it_says '#' "$line"
        continue
        ;;
    conclave\ chat*)
        check_status 0 "$line" timeout 20 python3 -c "$begin_and_quit" "$line"
        continue
        ;;
    *\ kick\ *bob | *\ ban\ *bob | *\ role\ *) bob_is_in ;;
    *\ join\ -*) conclave invite dev >invitation 2>"$dir/invite.log" ;;
    *\ trust\ dev) forget 'group [^ ]+ dev' ;;
    *\ trust) forget "server $server" ;;
    esac
    check_status 0 "$line" bash -c "$line"
done 3<"$dir/examples"
summary
