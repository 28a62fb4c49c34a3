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

story_flood
