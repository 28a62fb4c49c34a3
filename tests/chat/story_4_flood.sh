# shellcheck shell=bash disable=SC2154 # sourced by stories.sh
# Somebody who sends without end: what runs beside keeps its memory and its manners.

flood_s=10 # long enough to be far above the bound without one
room_kb=65536 # above the start, whatever others send

# status_kb PID FIELD
status_kb() {
    awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

# 16 KB lines as fast as the group takes them.
flood() { # USER GROUP
    local line
    line=$(head -c 16000 /dev/zero | tr '\0' 'x')
    start flood sh -c "yes '$line' | exec conclave --key '$dir/$1' --server '$server' \
        --server-key '$dir/server' send '$2' -"
}

story_flood() {
    local program before after
    stage flooded alice bob
    chat calm alice 100 30 flooded
    sees calm '1 of 2 here' 'flood: connected'
    program=$(program_in calm)
    before=$(status_kb "$program" VmRSS)
    flood bob flooded
    sleep "$flood_s"
    after=$(status_kb "$program" VmHWM)
    check "flood: at most 64 MB above the start, $before kB, were $after kB" \
        test "$((after - before))" -le "$room_kb"
    echo "# head $(head_of flooded)"
    keys calm M-1
    kill "$program"
    check 'flood: SIGTERM ends the chat' await 2 is_over "$program"
    close calm
}

# The same, with lines of which no two are alike: the whole screen is drawn each time.
noise() { # USER GROUP
    start noise sh -c "base64 -w 12000 /dev/urandom | exec conclave --key '$dir/$1' \
        --server '$server' --server-key '$dir/server' send '$2' -"
}

# A terminal that takes nothing any more: tmux stands still, and what the chat draws is more than fits in
# between.
story_stands_still() {
    local program multiplexer
    stage standing alice bob
    chat stuck alice 200 50 standing
    sees stuck '1 of 2 here' 'stands still: connected'
    program=$(program_in stuck)
    multiplexer=$(mux display-message -p '#{pid}')
    kill -STOP "$multiplexer"
    noise bob standing
    check 'stands still: the chat waits for its terminal' await 20 is_writing "$program"
    kill "$program"
    check 'stands still: SIGTERM ends the chat' await 5 is_over "$program"
    kill -CONT "$multiplexer"
    sees stuck 'ended 0' 'stands still: with status 0'
    close stuck
}

is_writing() { # PID: to its terminal, and it takes nothing
    [ "$(cat "/proc/$1/wchan")" = wait_woken ]
}

story_flood
story_stands_still
