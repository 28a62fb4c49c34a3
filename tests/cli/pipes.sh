#!/bin/bash
# conclave in scripts: input of every kind, history into files, feeds that go on where they stopped.
# Usage: pipes.sh BINDIR
set -u
bin=$(cd "${1:?usage: pipes.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"

texts() { # FILE: the messages in it, a line each
    python3 -c '
import json, sys
for line in open(sys.argv[1]):
    e = json.loads(line)
    if e.get("kind") == "message":
        print(e["text"])' "$1"
}
seqs_are() { # FILE FIRST LAST
    python3 -c '
import json, sys
seen = [json.loads(line)["seq"] for line in open(sys.argv[1])]
wanted = list(range(int(sys.argv[2]), int(sys.argv[3]) + 1))
seen == wanted or print("seen", seen[:3], "...", seen[-3:], len(seen), file=sys.stderr)
sys.exit(seen != wanted)' "$@"
}
head_of() { # GROUP
    conclave --json info "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["head"])'
}

conclave-keygen "$dir/server" >/dev/null && conclave-keygen "$dir/dev" >/dev/null || exit 1
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address
serve_group dev --open || exit 1
dev_pid=$started
dev_address=$address
await 10 grep -q registered "$dir/dev.log"
check_status 0 'set up' conclave init --nick alice --server "$server" --server-key "$dir/server"
check_status 0 'joined' conclave join dev

# ---- input ----

printf 'one\ntwo\n\nfour' >"$dir/lines"
gives 0 '^SUCCESS 4 of 4 messages stored$' 'lines of a file' conclave send dev --file "$dir/lines"
gives 0 '^SUCCESS stored in dev as #6$' 'a file as one message' conclave send dev --whole --file "$dir/lines"
gives 0 '^SUCCESS stored in dev as #7$' 'standard input as one message' \
    sh -c 'printf "a\nb\n" | conclave send dev --whole'
gives 0 '^SUCCESS 2 of 2' 'standard input as a file' sh -c 'printf "x\ny\n" | conclave send dev -F -'
check_status 0 'they are what was sent' objects \
    '[e["text"] for e in o[1:]] == ["one", "two", "", "four", "one\ntwo\n\nfour", "a\nb", "x", "y"]' \
    conclave --json history dev
head -c 16385 /dev/zero | tr '\0' x >"$dir/long"
gives 2 'more than 16384 bytes; without --whole' 'a message that is too long' \
    conclave send dev --whole --file "$dir/long"
gives 0 '^$' 'quiet says nothing of success' conclave send dev --quiet hello

# What holds for many lines in a row is told once.
conclave-keygen "$dir/one" >/dev/null
serve_group one --open --max-messages 2 || exit 1
check 'a group that holds one message beside the joining is there' await 10 grep -q registered "$dir/one.log"
check_status 0 'it is joined' conclave join one
told() { # DESCRIPTION LINE...: that, and nothing else, was said
    local what=$1
    shift
    check "$what" test "$check_err" = "$(printf 'conclave: %s\n' "$@")"
}
check_status 1 'more than the group may hold' sh -c 'seq 2000 | conclave send one -'
told 'is told with the numbers of the lines' \
    'lines 2 to 2000: this group holds as many messages as it may; nothing was stored' \
    '1 of 2000 messages stored'
long=$(cat "$dir/long")
printf '%s\n' a "$long" "$long" b "$long" c >"$dir/lines"
check_status 1 'lines that are too long' conclave send dev --file "$dir/lines"
told 'are told as they follow one another' 'lines 2 to 3: longer than 16384 bytes; not sent' \
    'line 5: longer than 16384 bytes; not sent' '3 of 6 messages stored'
check_status 1 'in JSON' conclave --json send dev --file "$dir/lines"
check 'each is told' test "$(grep -oE '"line":[0-9]+' <<<"$check_err" | tr '\n' ' ')" = \
    '"line":2 "line":3 "line":5 '

# A slow writer learns of a refusal before it writes on.
mkfifo "$dir/slowly"
start slowly sh -c "conclave send dev - <'$dir/slowly'"
exec 3>"$dir/slowly"
printf 'a\n%s\n' "$long" >&3
check 'a refusal is told while the input is open' await 10 grep -q 'line 2: longer' "$dir/slowly.log"
exec 3>&-
wait "$started"

# The group hangs after the first of them was stored.
mkfifo "$dir/kept"
start sender sh -c "conclave --timeout 1s send dev - <'$dir/kept'"
sender=$started
exec 3>"$dir/kept"
first=$(head_of dev)
echo first >&3
head_is() { test "$(head_of dev)" -eq "$1"; }
check 'the first line is stored' await 10 head_is $((first + 1))
kill -STOP "$dev_pid"
echo second >&3
has_ended() { ! kill -0 "$1" 2>/dev/null; }
check 'piped lines wait as long as --timeout says' await 30 has_ended "$sender"
exec 3>&-
kill -CONT "$dev_pid"
wait "$sender"
check 'and end with its status' test $? -eq 3
check 'and say so' grep -q 'no answer in time; what is not acknowledged' "$dir/sender.log"

# Kept back by a pipe, the lines outlast a restart of the group.
first=$(($(head_of dev) + 1))
mkfifo "$dir/slow"
start sender sh -c "conclave send dev - <'$dir/slow'"
sender_pid=$started
exec 3>"$dir/slow"
seq -f 'before %g' 500 >&3
await 10 sh -c 'conclave history dev | grep -q "before 500"'
kill -KILL "$dev_pid"
wait "$dev_pid" 2>/dev/null
seq -f 'during %g' 500 >&3
group_listen=$dev_address
check_status 0 'the group starts again' serve_group dev --open 3>&-
group_listen=
dev_pid=$started
seq -f 'after %g' 500 >&3
exec 3>&-
check_status 0 'lines end through a restart' await 30 sh -c "! kill -0 $sender_pid"
check_status 0 'all of them stored' grep -qx 'SUCCESS 1500 of 1500 messages stored' "$dir/sender.out"

# ---- a terminal ----

# on_terminal COMMAND: what a shell command writes where both outputs are a terminal.
on_terminal() {
    env TERM=xterm script -qec "$1" /dev/null
}
on_terminal 'conclave history dev --limit 2' >"$dir/colored" </dev/null
check 'colours on a terminal' grep -q $'\033\\[2m' "$dir/colored"
NO_COLOR=1 on_terminal 'conclave history dev --limit 2' >"$dir/plain" </dev/null
check 'unless NO_COLOR is set' test -z "$(grep $'\033' "$dir/plain")"
check 'or the output goes elsewhere' test -z "$(conclave history dev --limit 2 | grep $'\033')"
check 'or they are wanted there' test -n \
    "$(conclave history dev --limit 2 --color=always | grep $'\033')"
on_terminal '(seq 200; sleep 1.5; seq 200) | conclave send dev -' >"$dir/progress" </dev/null
check 'progress of long input' grep -qE '[0-9]+ messages stored' "$dir/progress"
check 'which is gone at the end' grep -qE 'SUCCESS.* 400 of 400 messages stored' "$dir/progress"
on_terminal '(seq 200; sleep 1.5; seq 200) | conclave send dev - --quiet' >"$dir/progress" </dev/null
check 'quiet shows none' test ! -s "$dir/progress"

# ---- who reads went away ----

closed_pipe() { # COMMAND...: its output is a pipe that nobody reads
    python3 -c '
import os, subprocess, sys
read, write = os.pipe()
os.close(read)
sys.exit(subprocess.run(sys.argv[1:], stdout=write).returncode)' "$@"
}
check_status 7 'a reader that went away' closed_pipe conclave history dev
check 'is no reason for a sentence' test -z "$check_err"
check_status 7 'nor with a feed' closed_pipe timeout 20 conclave feed dev --after @0
check_no_match 'cannot write' 'that it cannot write' "$check_err"

# ---- history as a file ----

head=$(head_of dev)
check_status 0 'export' conclave history dev --export "$dir/all.json"
check_match "^SUCCESS $head entries of dev written to $dir/all.json$" 'what it says'
check_status 0 'all of it, once and in order' seqs_are "$dir/all.json" 1 "$head"
check 'and so are the lines' cmp -s <(texts "$dir/all.json" | tail -n 2300 | head -n 1500) \
    <(seq -f 'before %g' 500; seq -f 'during %g' 500; seq -f 'after %g' 500)
check 'it is for its owner only' test "$(stat -c %a "$dir/all.json")" = 600
check 'no draft is left' test -z "$(find "$dir" -name 'all.json.*')"
ts=$(sed -n "$((first + 99))p" "$dir/all.json" | python3 -c 'import json, sys; print(json.load(sys.stdin)["ts"])')
check_status 0 'export after a time, in JSON' objects \
    "o[0]['ok'] and o[0]['entries'] == 2200 and o[0]['file'].endswith('part.json')" \
    conclave --json history dev --after "$ts" --export "$dir/part.json"
check_status 0 'is that part' seqs_are "$dir/part.json" $((first + 100)) "$head"
check_status 0 'export with a limit' conclave history dev --after '#0' --limit 7 \
    --export "$dir/all.json"
check_status 0 'replaces what was there' seqs_are "$dir/all.json" 1 7
gives 7 'cannot write .*nowhere' 'export to nowhere' conclave history dev --export "$dir/nowhere/x"
gives 1 'no live group is named "other"' 'a failed export' conclave history other --export "$dir/other.json"
check 'leaves nothing' test -z "$(find "$dir" -name 'other.json*')"
mkdir "$dir/failing"
gives 7 'cannot write .*Input/output error' 'a disk that does not take it' \
    env FAULTDISK_DIR="$dir/failing" FAULTDISK_FAIL_AFTER=0 \
    LD_PRELOAD="$bin/../tests/chaos/faultdisk.so" \
    ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
    conclave history dev --export "$dir/failing/all.json"
check 'and nothing that might not last is there' test -z "$(ls "$dir/failing")"

follow_history() {
    start follow conclave --json history dev --follow
}
follow_history
follow_pid=$started
conclave send dev 'followed' >/dev/null
check_status 0 'history --follow goes on live' await 10 grep -q '"followed"' "$dir/follow.out"
check_status 0 'from the beginning, without a gap' seqs_are "$dir/follow.out" 1 $((head + 1))
kill "$follow_pid"
check_status 0 'until it is ended' wait "$follow_pid"

# ---- feeds that go on where they stopped ----

head=$(head_of dev)
start fresh conclave --json feed dev --resume bot
fresh_pid=$started
await 10 grep -q '"live"' "$dir/fresh.log"
gives 7 'another feed is running as "bot"' 'one feed of a name at a time' conclave feed dev --resume bot
conclave send dev one >/dev/null
await 10 grep -q '"one"' "$dir/fresh.out"
kill "$fresh_pid"
check_status 0 'a feed with a name ends' wait "$fresh_pid"
seq -f 'missed %g' 50 | conclave send dev - >/dev/null
check_status 0 'the next one of that name' timeout 20 sh -c \
    "conclave --json feed dev --resume bot --count 20 >'$dir/second.out'"
check_status 0 'begins where it stopped' seqs_are "$dir/second.out" $((head + 2)) $((head + 21))
start killed conclave --json feed dev --resume bot
killed_pid=$started
await 10 grep -q '"live"' "$dir/killed.log"
await 10 grep -q '"missed 50"' "$dir/killed.out"
conclave send dev two >/dev/null
await 10 grep -q '"two"' "$dir/killed.out"
kill -KILL "$killed_pid"
wait "$killed_pid" 2>/dev/null
conclave send dev three >/dev/null
check_status 0 'after a kill' timeout 20 sh -c \
    "conclave --json feed dev --resume bot --count 1 >'$dir/third.out'"
check_status 0 'none is missed' grep -qE '"(two|three)"' "$dir/third.out"
check_status 0 'without --after it begins now' grep -q "\"seq\":$((head + 1))," "$dir/fresh.out"
check_status 0 'another name has another place' objects '[e["seq"] for e in o if "seq" in e] == [1, 2]' \
    timeout 20 conclave --json feed dev --resume other --after @0 --count 2

# ---- a command for each entry ----

# shellcheck disable=SC2016 # the shell within expands it
printf '%s\n' 'python3 -c "
import json, sys
e = json.load(sys.stdin)
print(e[\"seq\"], flush=True)
sys.exit(e[\"seq\"] == 5)"' >"$dir/handler"
check_status 1 'a command that fails ends the feed' timeout 20 \
    conclave feed dev --resume exec --after @0 --exec "$(cat "$dir/handler")"
check_match '^conclave: the command ended with status 1 at #5 of dev$' 'and says where' "$check_err"
check 'it ran for each entry' test "$(tr '\n' ' ' <<<"$check_out")" = '1 2 3 4 5 '
check_status 0 'what failed comes first next time' timeout 20 \
    conclave feed dev --resume exec --count 2 --exec 'cat; echo'
check_match '"seq":5,' 'the same entry'
check_match '"seq":6,' 'and the next'
check_status 0 'a command that reads nothing holds nothing up' timeout 20 \
    conclave feed dev --resume exec --count 20 --exec true
check_status 0 'nor does one that is put off' timeout 20 \
    conclave feed dev --resume exec --count 1 --exec 'false || true'
check_status 1 'one that a signal ends' timeout 20 \
    conclave feed dev --resume exec --exec "kill -9 \$\$"
check_match 'status 137' 'says so'
check_status 1 'signals mean for it what they mean for any' timeout 20 \
    conclave feed dev --resume exec --exec "kill -TERM \$\$; kill -INT \$\$; exit 3"
check_match 'status 143' 'it is ended by the first'
# shellcheck disable=SC2016 # the shell within expands it
check_status 0 'Ctrl-C, which reaches both, is no failure' timeout 20 \
    conclave feed dev --resume exec --exec 'kill -INT "$PPID"; kill -INT $$'
check_no_match 'command' 'of the command' "$check_err"
check_status 0 'what was interrupted comes first next time' timeout 20 \
    conclave feed dev --resume exec --count 1 --exec 'cat; echo'
check_match '"seq":28,' 'the same entry'
summary
