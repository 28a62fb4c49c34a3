#!/bin/bash
# conclave chat in real terminals: tmux types, and what is on the screen is compared.
# Usage: stories.sh BINDIR
#
# shellcheck disable=SC2034 # the stories use what is set here
set -u
bin=$(cd "${1:?usage: stories.sh BINDIR}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$here/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$here/../support/services.sh"
# Of a sanitized build: memory that is let go counts as such.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=4
# shellcheck source-path=SCRIPTDIR source=terminal.sh
. "$here/terminal.sh"
relay=$bin/../tests/chaos/relay

# ---- the cast ----

for name in server alice bob carol dave; do
    conclave-keygen "$dir/$name" >"$dir/keygen.out" || exit 1
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users || exit 1
server=$address server_started=$started

# stage GROUP USER...: a group of its own for a story, with these members. Its process is $stage, and its
# addresses are $stage_listen and $stage_feed.
stage() {
    local group=$1 user
    shift
    conclave-keygen "$dir/$group" >"$dir/keygen.out" || exit 1
    serve_group "$group" --open --owner "$dir/alice" || exit 1
    stage=$started
    stage_listen=$address
    stage_feed=$(feed_of "$group")
    for user in "$@"; do
        await 10 as "$user" join "$group" || exit 1
    done
}

# The same group again after its process ended, on the same ports.
again() { # GROUP [OPTION...]
    local group=$1
    shift
    serve "$group" conclave-group --name "$group" --key "$dir/$group" --data "$dir/$group.data" \
        --open --listen "$stage_listen" --feed "$stage_feed" --server "$server" \
        --server-key "$dir/server" "$@"
    stage=$started
}

feed_of() { # GROUP
    grep -oEm1 'feed on tcp://[^ ,]+' "$dir/$1.log" | cut -d' ' -f3
}

lines() { # FROM TO
    seq -f 'line %g' "$1" "$2"
}

history_has() { # GROUP TEXT COUNT
    test "$(as alice history "$1" | grep -cF -- "$2")" -eq "$3"
}

for story in "$here"/story_*.sh; do
    # shellcheck source=/dev/null
    . "$story"
done
summary
