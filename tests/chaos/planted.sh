#!/bin/bash
# The checker finds each kind of fault: a good history passes, and with one fault planted it is
# found and named. Usage: planted.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$here/../support/check.sh"
dir=$check_dir

a=aaaaaaaa-0000-5000-8000-000000000001
b=bbbbbbbb-0000-5000-8000-000000000002

# id N: of a message.
id() {
    printf '01a20571-0000-7000-8000-%012d' "$1"
}

# Two writers, three readers, seven entries. Message 6 was refused, 7 never answered and not
# stored, 5 never answered and stored.
good() {
    local d=$1
    mkdir "$d"
    cat >"$d/log" <<LOG
log $a
entry 1 100 joined $a $(id 101) 00
entry 2 101 joined $b $(id 102) 00
entry 3 110 message $a $(id 1) 11
entry 4 111 message $b $(id 2) 22
entry 5 112 message $a $(id 3) 33
entry 6 120 message $b $(id 5) 55
entry 7 121 message $a $(id 4) 44
end
LOG
    cat >"$d/writer-a" <<WRITER
writer $a
sent $(id 1) 11
sent $(id 3) 33
acked $(id 1) 3 110
acked $(id 3) 5 112
sent $(id 4) 44
acked $(id 4) 7 121
end
WRITER
    cat >"$d/writer-b" <<WRITER
writer $b
sent $(id 2) 22
acked $(id 2) 4 111
sent $(id 5) 55
sent $(id 6) 66
refused $(id 6) limit
sent $(id 7) 77
end
WRITER
    {
        echo "reader $a"
        echo "from 0"
        sed -n 's/^entry/saw/p' "$d/log"
        echo "end"
    } >"$d/reader-all"
    {
        echo "reader $b"
        echo "from 4"
        echo "state 1 live -"
        sed -n '/^entry [5-7] /s/^entry/saw/p' "$d/log"
        echo "end"
    } >"$d/reader-late"
    {
        echo "reader $b"
        echo "from-time 110"
        sed -n '/^entry [4-7] /s/^entry/saw/p' "$d/log"
        echo "end"
    } >"$d/reader-time"
}

# finds STATUS NAME TEXT FILE EDIT...: with sed's EDITs in FILE, or in all files that a pattern
# names, the checker ends so and names the fault.
finds() {
    local status=$1 name=$2 text=$3
    shift 3
    rm -rf "$dir/planted"
    cp -r "$dir/good" "$dir/planted"
    while [ $# -gt 0 ]; do
        # shellcheck disable=SC2086 # a pattern
        sed -i "$2" "$dir"/planted/$1
        shift 2
    done
    check_status "$status" "$text" python3 "$here/check_history.py" "$dir"/planted/*
    check_match "^$name: " "$text: is named $name"
}

good "$dir/good"
check_status 0 'a good history has no fault' python3 "$here/check_history.py" "$dir"/good/*
check_match '^7 sent, 4 acknowledged, 1 refused, 0 lost, 0 twice, 3 readers saw 14, 0 faults$' \
    'and these figures'

finds 1 lost 'an acknowledged message is missing' log "s/$(id 4)/$(id 5)/;s/^entry 6 .*/entry 6 120 joined $b $(id 103) 00/"
finds 1 lost 'the last one is missing' '[lr]*' '/^[a-z]* 7 /d'
finds 1 twice 'an id is there twice' '[lr]*' "s/^\([a-z]*\) 7 .*/\1 7 121 message $a $(id 3) 33/"
finds 1 moved 'acknowledged with another seq' writer-a "s/^acked $(id 3) 5/acked $(id 3) 6/"
finds 1 moved 'acknowledged with another ts' writer-a "s/^acked $(id 3) 5 112/acked $(id 3) 5 113/"
finds 1 two-answers 'acknowledged twice, differently' writer-a "/^end/i acked $(id 1) 4 111"
finds 1 hole 'a seq is left out' '[lr]*' '/^[a-z]* 6 /d'
finds 1 hole 'the log begins late' log '/^entry 1 /d'
finds 1 time 'a ts repeats' '[lr]*' 's/ 112 message/ 111 message/' writer-a 's/ 112$/ 111/'
finds 1 time 'a ts goes back' '[lr]*' 's/ 121 message/ 119 message/' writer-a 's/ 121$/ 119/'
finds 1 order 'a sender is overtaken by itself' writer-a "2{h;d};3{G}"
finds 1 altered 'another body is stored' '[lr]*' "s/$(id 2) 22/$(id 2) 23/"
finds 1 unknown 'nobody sent it' writer-b "/$(id 5)/d"
finds 1 unknown 'another author sent it' '[lr]*' "s/$b $(id 2)/$a $(id 2)/" writer-b '/^acked/d'
finds 1 refused-stored 'refused and stored' writer-b "s/^sent $(id 7).*/refused $(id 5) limit/"
finds 1 reader-differs 'a reader saw another body' reader-all "s/$(id 3) 33/$(id 3) 34/"
finds 1 reader-differs 'a reader saw another order' reader-late "s/$(id 3)/$(id 5)/"
finds 1 reader-skipped 'a reader missed one' reader-all '/^saw 4 /d'
finds 1 reader-skipped 'a reader missed its first' reader-late '/^saw 5 /d'
finds 1 reader-skipped 'a reader from a time missed its first' reader-time '/^saw 4 /d'
finds 1 reader-again 'a reader was given one twice' reader-all '/^saw 4 /p'
finds 1 reader-again 'a reader was thrown back' reader-all '/^saw 5 /{p;s/.*/saw 4 x/}'
finds 1 reader-gap 'a reader was told of a gap that is none' reader-all 's/^saw 4 .*/gap 4 4/'
finds 1 reader-short 'a reader did not get to the end' reader-late '/^saw 7 /d'
finds 1 reader-short 'a reader went away' reader-late '/^end/d'
finds 2 unreadable 'the log was not fetched to its end' log '/^end/d'
finds 2 unreadable 'a line means nothing' writer-a '3s/sent/set/'
finds 2 unreadable 'there are two logs' reader-late '1s/reader/log/'
printf 'saw 8' >>"$dir/good/reader-late"
finds 2 unreadable 'a line is cut off' log ''

summary
