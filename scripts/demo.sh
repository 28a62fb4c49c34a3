#!/usr/bin/env bash
# Shows Conclave at work: builds it, starts a message server and two groups, lets three people talk.
# Usage: scripts/demo.sh [--keep] [--bin DIR]
#   --keep      leave everything running, and say how to go on from a second terminal, and how to end it
#   --bin DIR   use the programs in DIR, and build nothing
set -euo pipefail

keep=
bin=
while [ $# -gt 0 ]; do
    case $1 in
    --keep) keep=yes ;;
    --bin)
        bin=$(cd "${2:?--bin needs a directory}" && pwd)
        shift
        ;;
    *)
        echo "usage: $0 [--keep] [--bin DIR]" >&2
        exit 2
        ;;
    esac
    shift
done

root=$(cd "$(dirname "$0")/.." && pwd)
work=
pids=()
bold='' dim='' plain=''
if [ -t 1 ]; then
    bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
fi

cleanup() {
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait
    [ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- telling ----

heading() {
    printf '\n%s== %s%s\n' "$bold" "$1" "$plain"
}

die() {
    printf 'demo: %s\n' "$1" >&2
    [ $# -lt 2 ] || cat "$2" >&2
    exit 1
}

# quietly LOG COMMAND...: what it prints is shown only when it fails.
quietly() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 || die "failed: $*" "$log"
}

# await SECONDS WHAT COMMAND...: until it succeeds.
await() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || die "waited too long for $what" "$work/all.log"
        sleep 0.05
    done
}

# ---- people and services ----

# as WHO ARGUMENT...: conclave as that person.
as() {
    local who=$1
    shift
    CONCLAVE_KEY=$work/keys/$who.key conclave "$@"
}

# tells WHO ARGUMENT...: the same, and the command is shown.
tells() {
    local who=$1 shown='' word
    shift
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9@.,_=/-]*) shown+=" '${word//\'/\'\\\'\'}'" ;;
        *) shown+=" $word" ;;
        esac
    done
    printf '%s%s $ conclave%s%s\n' "$bold" "$who" "$shown" "$plain"
    as "$who" "$@"
}

# serve NAME COMMAND...: start a service and wait until it listens. Its own session, so that
# Ctrl-C reaches this script only, which then ends it in order.
serve() {
    local name=$1
    shift
    setsid "$@" </dev/null >>"$work/$name.log" 2>&1 &
    pids+=($!)
    await 10 "$name to listen" grep -q 'listening on' "$work/$name.log"
    cat "$work/$name.log" >>"$work/all.log"
    printf '%s%s%s\n' "$dim" "$(grep -m1 'listening on' "$work/$name.log")" "$plain"
}

group() { # NAME OPTION...
    local name=$1
    shift
    serve "$name" conclave-group --name "$name" --key "$work/keys/$name.key" \
        --data "$work/$name" --listen 'tcp://127.0.0.1:*' --feed 'tcp://127.0.0.1:*' "$@"
}

lists() { # GROUP
    as alice groups | grep -q "^$1 "
}

# ---- packages and build ----

heading "Conclave: packages and build"
unset "${!CONCLAVE_@}"
[ -n "$bin" ] || "$root/scripts/install-packages.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/conclave-demo.XXXXXX")
: >"$work/all.log"
if [ -z "$bin" ]; then
    build=$root/build/release
    [ -w "$root" ] || build=$work/build
    printf 'building, about a minute ...\n'
    quietly "$work/build.log" cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release \
        -DCONCLAVE_TESTS=OFF
    quietly "$work/build.log" cmake --build "$build" -j "$(nproc)"
    bin=$build/bin
fi
export PATH="$bin:$PATH"
conclave --version
# What the people of the demo remember is not yours, nor are their settings.
export HOME=$work/home CONCLAVE_STATE=$work/state
mkdir -m 700 "$HOME"

# ---- the cast ----

heading "Everybody gets a key"
mkdir -m 700 "$work/keys"
for who in server dev ops alice bob carol; do
    conclave-keygen "$work/keys/$who.key" >"$work/$who.id"
done
printf '%salice $ conclave-keygen --show alice.key%s\n' "$bold" "$plain"
cat "$work/alice.id"

heading "A message server and two groups"
serve server conclave-server --key "$work/keys/server.key" --data "$work/server" \
    --listen 'tcp://127.0.0.1:*' --open-groups --open-users
CONCLAVE_SERVER=$(sed -n 's/.*listening on \(tcp:[^ ,]*\).*/\1/p' "$work/server.log")
CONCLAVE_SERVER_KEY=$work/keys/server.key
export CONCLAVE_SERVER CONCLAVE_SERVER_KEY
mkdir -m 700 "$work/ops-members"
cp "$work/keys/alice.key" "$work/keys/bob.key" "$work/ops-members"
group dev --open --description 'open to everybody'
group ops --members "$work/ops-members" --description 'for alice and bob only'
await 10 'dev to be listed' lists dev
await 10 'ops to be listed' lists ops
tells alice groups

# ---- the conversation ----

heading "Alice and Bob join"
tells alice join dev
tells bob join dev
tells alice join ops
tells bob join ops

heading "Bob follows both groups, Alice writes, Bob answers"
printf '%sbob $ conclave feed dev ops%s      (runs on, in his terminal)\n' "$bold" "$plain"
# Not by the function: $! would be a shell around it.
CONCLAVE_KEY=$work/keys/bob.key conclave feed dev ops >"$work/feed.out" 2>"$work/feed.err" &
feed=$!
pids+=("$feed")
await 10 'the feed of dev' grep -q 'dev: up to date' "$work/feed.err"
await 10 'the feed of ops' grep -q 'ops: up to date' "$work/feed.err"
tells alice send dev 'Hello, Bob. Can you read me?'
tells bob send dev 'Loud and clear.'
tells alice send ops 'The new disk arrives at noon.'
printf 'line one\nline two\nline three\n' >"$work/lines"
printf '%s... and lines from a pipe:%s\n' "$dim" "$plain"
tells alice send dev - <"$work/lines"
await 10 'six entries on the feed' sh -c "[ \"\$(wc -l <'$work/feed.out')\" -eq 6 ]"
printf '\nWhat came to Bob while it was said:\n'
sed 's/^/    /' "$work/feed.out"
kill "$feed"
await 5 'the feed to end' sh -c "! kill -0 $feed"
wait "$feed" || die "the feed did not end well" "$work/feed.err"
pids=("${pids[@]:0:${#pids[@]}-1}")

heading "Carol comes late, and reads what was said before"
tells carol join dev
tells carol history dev --after 10m
tells carol members dev

heading "She is not on the list of the other group"
if tells carol join ops 2>&1; then
    die "carol got into ops"
else
    printf '(exit status %s: this group does not accept her key)\n' "$?"
fi

# ---- and then ----

heading "What the groups wrote down"
grep -h 'REQUEST FROM' "$work/dev.log" | head -n 4 | sed 's/^/    /'

if [ -z "$keep" ]; then
    heading "That was it: everything is stopped and removed"
    cat <<TEXT
To talk yourself, keep it running:  scripts/demo.sh --keep
To set it up by hand:               README.md, "A first conversation"
TEXT
    exit 0
fi

heading "It goes on running. In a second terminal, as Bob:"
printf -v settings "export PATH=%q:\"\$PATH\"\nexport CONCLAVE_SERVER=%q CONCLAVE_SERVER_KEY=%q CONCLAVE_STATE=%q" \
    "$bin" "$CONCLAVE_SERVER" "$CONCLAVE_SERVER_KEY" "$CONCLAVE_STATE"
printf -v keys %q "$work/keys"
printf -v everything %q "$work"
cat <<TEXT
$settings
export CONCLAVE_KEY=$keys/bob.key
conclave feed dev --after 1h

${dim}Ctrl-C ends that. 'conclave chat dev' is all of it on the whole terminal; /quit ends it.${plain}

${bold}In this one, as Alice:${plain}
$settings
export CONCLAVE_KEY=$keys/alice.key
conclave send dev hello

${bold}To stop it and remove what it made:${plain}
kill ${pids[*]}; rm -rf $everything; unset CONCLAVE_SERVER CONCLAVE_SERVER_KEY CONCLAVE_STATE CONCLAVE_KEY
TEXT
trap - EXIT
