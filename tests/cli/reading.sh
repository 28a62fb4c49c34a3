#!/bin/bash
# History from either end: the last of it, what is before something, newest first.
# Usage: reading.sh BINDIR
set -u
bin=$(cd "${1:?usage: reading.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"

# seqs WHAT NUMBERS COMMAND...: the entries that it prints as JSON have these numbers.
seqs() {
    local what=$1
    shift
    check_status 0 "$what" seqs_are "$@"
}
seqs_are() {
    local numbers=$1
    shift
    "$@" >"$dir/entries" || return
    python3 -c '
import json, sys
seen = [json.loads(line)["seq"] for line in open(sys.argv[1])]
wanted = list(eval(sys.argv[2]))
seen == wanted or print(len(seen), "entries:", seen[:9], "...", seen[-9:], file=sys.stderr)
sys.exit(seen != wanted)' "$dir/entries" "$numbers"
}
history() { conclave --json history dev "$@"; }

for key in server dev bob; do
    conclave-keygen "$dir/$key" >/dev/null || exit 1
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address
serve_group dev --open --history while-member || exit 1
await 10 grep -q registered "$dir/dev.log"
check_status 0 'set up' conclave init --nick alice --server "$server" --server-key "$dir/server"
check_status 0 'joined' conclave join dev

# ---- a short one ----

seq 2 20 | conclave send dev - >/dev/null
seqs 'everything' 'range(1, 21)' history
seqs 'the last three, oldest first' '[18, 19, 20]' history --last 3
seqs 'a limit alone is the same' '[18, 19, 20]' history --limit 3
seqs 'more than there are' 'range(1, 21)' history --last 500
seqs 'newest first' 'range(20, 0, -1)' history --reverse
seqs 'the last, newest first' '[20, 19]' history --reverse --last 2
seqs 'up to an entry' 'range(1, 8)' history --before '#8'
seqs 'the last before an entry' '[6, 7]' history --before '#8' --last 2
seqs 'before the beginning' '[]' history --before '#1' --last 2
seqs 'nor backwards' '[]' history --before '#0' --reverse
seqs 'before what is not there yet' '[19, 20]' history --before '#500' --last 2
seqs 'after an entry' '[19, 20]' history --after '#18'
seqs 'a limit after an entry is of the first' '[5, 6]' history --after '#4' --limit 2
seqs 'the last after an entry' '[19, 20]' history --after '#4' --last 2
seqs 'the last after an entry, of few' '[19, 20]' history --after '#18' --last 9
seqs 'between two' '[5, 6, 7]' history --after '#4' --before '#8'
seqs 'between two, newest first' '[7, 6, 5]' history --after '#4' --before '#8' --reverse
seqs 'nothing is between' '[]' history --after '#7' --before '#8' --last 5
at=@$(history --after '#9' --limit 1 | python3 -c 'import json, sys; print(json.load(sys.stdin)["ts"])')
case $at in *T*) at=${at#@} ;; esac
seqs 'before the time of one' '[8, 9]' history --before "$at" --last 2
seqs 'and all of it' 'range(1, 10)' history --before "$at"
seqs 'after that time' '[11, 12]' history --after "$at" --limit 2
seqs 'before it, newest first' '[9, 8, 7]' history --before "$at" --reverse --limit 3
gives 0 '^[^#]*#19  alice  19
[^#]*#20  alice  20$' 'in plain' conclave history dev --last 2
gives 2 'goes without --limit' 'two counts' conclave history dev --last 2 --limit 2
gives 2 'before: ' 'a time that is none' conclave history dev --before yesterday
gives 2 'needs the number of an entry' 'a number that is none' conclave history dev --before '#x'
gives 2 'in order' 'a file is not reversed' conclave history dev --reverse --export "$dir/out"
gives 2 'writes a file; for standard output: --json' 'standard output is no file' \
    conclave history dev --export -
check 'nor one of that name' test ! -e -
for option in '--limit 3' '--before #3' '--reverse'; do
    # shellcheck disable=SC2086 # two words
    gives 2 '--follow goes without' "follow and $option" conclave history dev --follow $option
done
seqs 'a search after an entry' '[20]' conclave --json search dev 20 --after '#19'

# ---- what was said while out is not counted ----

check_status 0 'bob joins' as bob join dev --nick bob
check_status 0 'alice leaves' conclave leave dev
seq 23 30 | as bob send dev - >/dev/null
check_status 0 'and is back' conclave join dev
seqs 'the last over a hole' '[18, 19, 20, 21, 22, 31]' history --last 6
seqs 'newest first' '[31, 22, 21]' history --reverse --last 3
seqs 'the last before a number in it' '[21, 22]' history --before '#27' --last 2

# ---- more than a page ----

seq 32 9000 | conclave send dev - >/dev/null
seqs 'the last of many' 'range(3001, 9001)' history --last 6000
seqs 'newest first' 'range(9000, 3000, -1)' history --last 6000 --reverse
seqs 'back to the beginning' '[*range(1, 23), *range(31, 9001)]' history --last 100000
seqs 'all, newest first' '[*range(9000, 30, -1), *range(22, 0, -1)]' history --reverse

# ---- a file ----

check_status 0 'export of the last' conclave history dev --last 5000 --export "$dir/last.json"
check_match '5000 entries' 'as many as were asked for'
seqs 'they are those' 'range(4001, 9001)' cat "$dir/last.json"
check_status 0 'export of a part' conclave history dev --after '#40' --before '#8000' \
    --export "$dir/last.json"
seqs 'it is that part' 'range(41, 8000)' cat "$dir/last.json"
mkfifo "$dir/fifo"
ln -s last.json "$dir/link"
for special in fifo link; do
    gives 7 'no regular file' "a $special is not replaced" \
        conclave history dev --export "$dir/$special"
done
check 'the FIFO is one' test -p "$dir/fifo"
check 'the link is one' test -L "$dir/link"
if mknod "$dir/node" c 1 3 2>/dev/null; then
    gives 7 'no regular file' 'nor is a device' conclave history dev --export "$dir/node"
    check 'which stays' test -c "$dir/node"
fi
check 'no draft is left' test -z "$(find "$dir" -name '*.json.*' -o -name '????.??????')"

# ---- and on ----

# follows WHAT NUMBERS COMMAND...: and what is sent then; these are what it prints.
follows() {
    local what=$1 numbers=$2
    shift 2
    start follow "$@"
    await 10 grep -q 'up to date\|"live"' "$dir/follow.log"
    conclave send dev more >/dev/null
    await 10 grep -q '"more"' "$dir/follow.out"
    kill "$started"
    wait "$started"
    seqs "$what" "$numbers" cat "$dir/follow.out"
}
follows 'a feed begins with the last, without a gap' 'range(8998, 9002)' \
    conclave --json feed dev --last 3
follows 'a history that follows, too' '[9001, 9002]' conclave --json history dev --follow --last 1
follows 'a feed after an entry' '[9002, 9003]' conclave --json feed dev --after '#9001'
gives 8 '9003' 'a feed ends when nothing comes' conclave --json feed dev --last 1 --wait 3s
check_match 'nothing came for 3s' 'and says so'
gives 2 'a time such as' 'no time is none' conclave feed dev --wait 0
check_status 0 'what comes in time is enough' conclave feed dev --last 1 --wait 1h --count 1
gives 2 'goes without --after' 'a feed has one start' conclave feed dev --last 3 --after 1h
summary
