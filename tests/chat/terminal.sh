# shellcheck shell=bash disable=SC2154 # $dir, $server and $here are the caller's
# Terminals for tests of the chat: tmux runs the real program, types into it and captures what is on
# the screen. Source it after check.sh and services.sh.
# A terminal has a name. Everything it was sent is in $dir/NAME.raw.

export LC_ALL=C.UTF-8
trap 'mux kill-server 2>/dev/null; cleanup' EXIT

mux() {
    tmux -S "$dir/tmux.socket" -f /dev/null "$@"
}

# The server of tmux must not end with the last of its terminals.
mux new-session -d -s stays 'exec cat'
mux set-option -g default-terminal tmux-256color

# terminal NAME COLUMNS ROWS COMMAND...: run it; the word "ended" and its exit status follow.
terminal() {
    local name=$1 columns=$2 rows=$3
    shift 3
    printf '%q ' "$@" >"$dir/$name.command"
    mux new-session -d -s "$name" -x "$columns" -y "$rows" \
        "exec sh -c 'read -r go; . \"$dir/$name.command\"; echo ended \$?; read -r end'"
    mux pipe-pane -t "$name" "cat >'$dir/$name.raw'"
    mux send-keys -t "$name" Enter
}

# chat NAME USER COLUMNS ROWS ARGUMENT...: conclave chat as that user, who keeps a state. In front of
# the arguments, NAME=VALUE sets a variable of its environment.
chat() {
    local name=$1 user=$2 columns=$3 rows=$4
    local variables=()
    shift 4
    while [[ ${1-} == *=* ]]; do
        variables+=("$1")
        shift
    done
    terminal "$name" "$columns" "$rows" env "${variables[@]}" conclave chat --key "$dir/$user" \
        --server "$server" --server-key "$dir/server" --state "$dir/state-$user" "$@"
}

program_in() { # NAME: the process of the chat in that terminal
    pgrep -P "$(mux display-message -p -t "$1" '#{pane_pid}')" conclave
}

# Also what it was running is over then, and its state free for another.
close() { # NAME
    local program
    program=$(program_in "$1")
    mux kill-session -t "$1"
    [ -z "$program" ] || await 20 is_over "$program"
}

is_over() { # PID
    ! kill -0 "$1"
}

keys() { # NAME KEY...: as tmux names them
    local name=$1
    shift
    mux send-keys -t "$name" "$@"
}

types() { # NAME TEXT
    mux send-keys -t "$1" -l -- "$2"
}

says() { # NAME TEXT: a line
    types "$@"
    keys "$1" Enter
}

# Times and days differ from run to run.
screen() { # NAME
    mux capture-pane -p -t "$1" | sed -E 's/[0-9]{2}:[0-9]{2}/HH:MM/g
        s/[A-Z][a-z]{2} [0-9]{4}-[0-9]{2}-[0-9]{2}/Day YYYY-MM-DD/g
        s/[0-9]{4}-[0-9]{2}-[0-9]{2}/YYYY-MM-DD/g
        s/[0-9]+ members/N members/
        s/127\.0\.0\.1:[0-9]+/HOST:PORT/g'
}

is_seen() { # NAME PATTERN
    screen "$1" | grep -qE -- "$2"
}

is_gone() { # NAME PATTERN
    ! is_seen "$@"
}

# sees NAME PATTERN DESCRIPTION: within 20 s a line of the screen matches.
sees() {
    check "$3" await 20 is_seen "$1" "$2"
}

# sees_no NAME PATTERN DESCRIPTION: within 20 s no line does.
sees_no() {
    check "$3" await 20 is_gone "$1" "$2"
}

is_like() { # NAME FILE
    diff <(screen "$1") "$2"
}

# looks NAME SCREEN DESCRIPTION: within 20 s all of it is as in screens/SCREEN.txt. With
# CHAT_SCREENS=write that file is written instead, once the screen stays as it is.
looks() {
    local wanted=$here/screens/$2.txt
    if [ "${CHAT_SCREENS-}" = write ]; then
        await 20 is_still "$1"
        screen "$1" >"$wanted"
    fi
    check "$3" await 20 is_like "$1" "$wanted"
    is_like "$1" "$wanted" | sed 's/^/# /'
}

is_still() { # NAME
    local before
    before=$(screen "$1")
    sleep 0.5
    [ "$before" = "$(screen "$1")" ]
}

count_raw() { # NAME BYTES: how often they were sent to the terminal
    LC_ALL=C grep -oaF -- "$2" "$dir/$1.raw" | wc -l
}
