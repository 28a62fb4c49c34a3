# shellcheck shell=bash disable=SC2154 # sourced by stories.sh
# The message server is away when the chat begins: the group is not.

story_no_server() {
    stage known alice
    # Where the group is, is known from a command, and not from the chat.
    check_status 0 'no message server: said before' \
        as alice --state "$dir/state-alice" send known 'said before'
    stop "$server_started"
    chat late alice 80 12 known
    sees late 'said before' 'no message server: what was said before is there'
    sees late '^ connected' 'no message server: connected'
    says late 'said without it'
    sees late 'alice (│ )?said without it' 'no message server: what is said is stored'
    sees_no late 'to be sent' 'no message server: nothing is left to be sent'
    check 'no message server: stored once' history_has known 'said without it' 1
    close late
    serve_directory server "$server" --open-groups --open-users || exit 1
    server_started=$started
}
story_no_server
