# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with lib.sh and run.sh
# Connections that fail, and many clients at once. Sourced by run.sh.

# All connections of people to the group go through a relay on another loopback address.
relay_up() {
    stage
    group_options=(--advertise 127.0.0.2)
    group_up
    mkfifo "$dir/orders"
    "$tools/relay" 127.0.0.2 "$host" "${ports[@]}" <"$dir/orders" >"$dir/relay.log" 2>&1 &
    echo "$!" >>"$dir/pids"
    exec 9>"$dir/orders"
    must "the relay starts" await 10 grep -q relaying "$dir/relay.log"
}

order() {
    echo "$*" >&9
}

# Nobody is told of anything for 12 s. silence HOW WAY
silence() {
    local before began
    before=$(record_lines beginning)
    began=$(now_ms)
    order "$1" "$2"
    if [ "$2" = down ]; then
        must "$1 $2: a reader is told within 5 s" await 5 told beginning "$before" reconnecting
        note "$1 $2: told after $(($(now_ms) - began)) ms"
    fi
    await 13 is_older "$began" 12000
    order pass
    must "$1 $2: sending goes on" goes_on wide 15
    must "$1 $2: so does waiting for each answer" goes_on single 15
}

scenario_cuts() {
    local n=10 i
    [ -z "$long" ] || n=200
    relay_up
    company
    for ((i = 1; i <= n; i++)); do
        order cut
        must "sending goes on" goes_on wide 10
    done
    order delay 200
    must "sending goes on slowly" goes_on wide 10
    must "so does waiting for each answer" goes_on single 10
    order cut
    must "and after another cut" goes_on single 10
    order pass
    note "$((n + 1)) cuts"
    # Three handshakes in a row that are cut look like another key, and may end a call.
    curtain
    verdict
}

scenario_one_way_down() {
    relay_up
    company
    silence hold down
    [ -z "$long" ] || silence drop down
    finish
}

scenario_one_way_up() {
    relay_up
    company
    silence drop up
    [ -z "$long" ] || silence hold up
    finish
}

# ---- two machines ----

# Two network namespaces: $far has the services, $near the people.
make_namespaces() {
    near=chaos-n-$$-$BASHPID
    far=chaos-f-$$-$BASHPID
    ip netns add "$near" && ip netns add "$far" &&
        ip -n "$far" link add chaos0 type veth peer name chaos1 netns "$near" &&
        ip -n "$far" address add 10.83.0.1/24 dev chaos0 &&
        ip -n "$near" address add 10.83.0.2/24 dev chaos1 &&
        ip -n "$far" link set lo up && ip -n "$far" link set chaos0 up &&
        ip -n "$near" link set chaos1 up
}

remove_namespaces() {
    ip netns delete "$near"
    ip netns delete "$far"
}

nobody_is_connected() {
    [ -z "$(ip netns exec "$far" ss -Htn state established dst 10.83.0.2)" ]
}

scenario_link_down() {
    local before began
    if ! make_namespaces 2>"$dir/namespaces.log"; then
        remove_namespaces 2>/dev/null
        skip "network namespaces are not permitted here"
        return
    fi
    at_end=remove_namespaces
    host=10.83.0.1
    server_prefix=(ip netns exec "$far")
    group_prefix=("${server_prefix[@]}")
    actor_prefix=(ip netns exec "$near")
    stage
    group_up
    company
    before=$(record_lines beginning)
    began=$(now_ms)
    ip -n "$far" link set chaos0 down
    must "a reader is told within 5 s" await 5 told beginning "$before" reconnecting
    note "told after $(($(now_ms) - began)) ms"
    must "the group ends the connections within 15 s" await 15 nobody_is_connected
    note "group's connections gone after $(($(now_ms) - began)) ms"
    await 13 is_older "$began" 12000
    ip -n "$far" link set chaos0 up
    must "sending goes on" goes_on wide 20
    must "so does waiting for each answer" goes_on single 20
    finish
}

# ---- many ----

all_saw() { # SEQ
    [ "$(grep -l "^saw $1 " "$dir"/records/crowd* | wc -l)" -eq "$crowd" ]
}

all_follow() {
    [ "$(grep -l '^state [0-9]* live' "$dir"/records/crowd* | wc -l)" -eq "$crowd" ]
}

# A hundred people lose the group and find it again.
scenario_crowd() {
    local i began n=1 seq
    [ -z "$long" ] || n=5
    crowd=100
    stage
    group_up
    writer wide -w 50 -R 50
    for ((i = 1; i <= crowd; i++)); do
        reader "crowd$i" -f 0
    done
    must "all follow" await 60 all_follow
    for ((i = 1; i <= n; i++)); do
        murder "$group"
        began=$(now_ms)
        group_up
        must "sending goes on" goes_on wide 5
        seq=$(last_acked wide)
        must "all are back within 5 s" await 6 all_saw "$seq"
        must "and not after $(($(now_ms) - began)) ms" is_younger "$began" 5000
        note "all $crowd back after $(($(now_ms) - began)) ms"
    done
    finish
}

is_younger() { # SINCE MS
    [ $(($(now_ms) - $1)) -le "$2" ]
}
