# shellcheck shell=bash disable=SC2154 # sourced by stories.sh
# Groups and connections that go away, people who are sent away.

story_pending() {
    stage away alice bob
    chat wait alice 80 12 away
    chat watch bob 80 12 away
    sees wait 'connected · 2 of 2' 'group restart: connected'
    stop "$stage"
    sees wait 'reconnecting · .+' 'group restart: it says that it is reconnecting, and why'
    says wait 'said while away'
    sees wait '~ +alice (│ )?said while away' 'pending: shown at once, as pending'
    sees wait '1 to be sent' 'pending: counted'
    again away
    sees wait '^ connected' 'group restart: connected again'
    sees_no wait '~ +alice' 'pending: solid'
    sees watch 'said while away' 'pending: the other sees it'
    check 'pending: stored once' history_has away 'said while away' 1

    stop "$stage"
    sees wait 'reconnecting · .+' 'pending over a restart: away again'
    says wait 'kept while closed'
    says wait 'and this too'
    sees wait '~ +alice (│ )?and this too' 'pending over a restart: pending'
    says wait '/quit'
    sees wait 'ended 0' 'pending over a restart: the client ends'
    close wait
    chat wait alice 80 12 away
    sees wait '2 to be sent' 'pending over a restart: remembered'
    again away
    sees wait 'alice (│ )?and this too' 'pending over a restart: sent'
    sees_no wait 'to be sent' 'pending over a restart: nothing is left'
    sees watch 'and this too' 'pending over a restart: the other sees it'
    check 'pending over a restart: the first once' history_has away 'kept while closed' 1
    check 'pending over a restart: the second once' history_has away 'and this too' 1

    stop "$stage"
    sees watch 'reconnecting · .+' 'group gone: it says so'
    close wait
    close watch
    chat late bob 80 12 away
    sees late 'connecting · .+' 'group gone: a new client says why it is not connected'
    close late
}

story_side_by_side() {
    local left
    stage both alice bob
    chat one alice 80 12 both
    chat two alice 80 12 both
    chat third bob 80 12 both
    sees one '^ connected' 'side by side: the first is connected'
    sees two '^ connected' 'side by side: so is another of the same person'
    says one 'from the one'
    says two 'from the other'
    sees third 'from the one' 'side by side: what the first says is seen'
    sees third 'from the other' 'side by side: and what the other says'
    stop "$stage"
    sees one 'reconnecting · .+' 'side by side: the group is away'
    says one 'left behind'
    sees one '~ +alice (│ )?left behind' 'side by side: pending in the first'
    left=$(pgrep -P "$(mux display-message -p -t one '#{pane_pid}')" conclave)
    kill -KILL "$left"
    sees one 'ended 137' 'side by side: which is killed'
    again both
    sees third 'left behind' 'side by side: the other sends what it left'
    sees two '  +alice (│ )?left behind' 'side by side: and shows it'
    check 'side by side: once' history_has both 'left behind' 1
    close one
    close two
    close third
}

# restore GROUP: stop it, and put its last backup in its place.
restore() {
    stop "$stage"
    rm -r "$dir/$1.data"
    mkdir -m 700 "$dir/$1.data"
    cp "$dir/$1.db" "$dir/$1.data/group.db"
    again "$1" --restored
}

story_restored() {
    stage past alice bob
    chat calm bob 80 12 past
    sees calm ' connected' 'restored: connected'
    check 'restored: a backup' conclave-group backup --data "$dir/past.data" "$dir/past.db"
    restore past
    sees calm ' connected' 'restored: connected again'
    as alice send past 'said later' >"$dir/sent"
    sees calm 'alice (│ )?said later' 'restored: who was there goes on'
    says calm '/quit'
    sees calm 'ended 0' 'restored: ended'
    close calm
    chat calm bob 80 12 past
    sees calm 'alice (│ )?said later' 'restored: opened again'
    check 'restored: without a word' is_gone calm 'another log|backwards'

    lines 1 30 | as alice --quiet send past -
    sees calm 'line 30' 'restored: more than a screen'
    check 'restored: another backup' conclave-group backup --force --data "$dir/past.data" "$dir/past.db"
    chat ahead alice 80 12 past
    sees ahead ' connected' 'restored: somebody reads further'
    says ahead 'soon lost'
    sees calm 'alice (│ )?soon lost' 'restored: and writes'
    says ahead '/quit'
    sees ahead 'ended 0' 'restored: and goes'
    close ahead
    restore past
    sees calm 'history went backwards: it was' 'restored: who is there and has more is told'
    sees calm '^ connected' 'restored: and goes on too'
    sees calm 'history went backwards: it was' 'restored: what was told stays'
    as alice send past 'after all that' >"$dir/sent"
    sees calm 'after all that' 'restored: what is new comes'
    sees calm 'history went backwards: it was' 'restored: behind it'
    chat ahead alice 80 12 past
    sees ahead 'backup that ends with' 'restored: who was away is told'
    sees ahead ' connected' 'restored: and goes on from there'
    close calm
    close ahead
    stop "$stage"
}

# The terminal is tmux, which breaks lines only where it must: joined, it is the whole word.
invite_from_the_chat() {
    local word
    mux set-option -s set-clipboard on
    says boss '/invite 2'
    sees boss 'An invitation to strict for 2 people, for 24 hours, until .*HH:MM' 'invite: for how many and how long'
    word=$(mux capture-pane -p -J -t boss | grep -x 'conclave[^ ]*')
    check 'invite: the clipboard has the word' await 10 clipboard_is "$word"
    keys boss Enter
    sees boss '^ connected' 'invite: Enter goes back'
    keys boss M-l
    sees boss '^-- Enter: back' 'bare: Alt-L shows the conversation without frames'
    check 'bare: the word is there in one piece' test "$(mux capture-pane -p -J -t boss | grep -x 'conclave[^ ]*')" = "$word"
    types boss 'typed'
    sees boss '^› typed' 'bare: what is typed is not lost'
    keys boss C-u
    check 'invite: the word lets in' as carol join "$word"
    as carol leave strict >/dev/null
}

clipboard_is() { # TEXT
    [ -n "$1" ] && [ "$(mux show-buffer)" = "$1" ]
}

story_kicked() {
    stage strict alice bob carol
    chat boss alice 80 14 strict
    chat victim bob 80 14 strict
    sees boss '2 of 3 here' 'kicked: connected'
    says boss '/topic be kind'
    sees victim 'strict — be kind' 'topic: set by the owner, seen by all'
    says boss '/kick bob'
    sees boss 'alice removed bob' 'kicked: everybody sees it'
    sees victim 'not a member any more' 'kicked: who is out is told'
    looks victim kicked 'kicked: the whole screen'
    says victim 'hello?'
    sees victim 'Not sent, you are not a member' 'kicked: and cannot send'
    says victim '/join'
    sees boss 'bob joined' 'kicked: may join again'
    sees victim '^ connected' 'kicked: and is connected again'
    says boss '/ban bob'
    sees boss 'alice banned bob' 'banned: everybody sees it'
    sees victim 'not a member any more' 'banned: who is out is told'
    says victim '/join'
    sees victim '! .*Not joined: ' 'banned: and may not come again'
    says boss '/kick nobody'
    sees boss '! .*nobody' 'kick: of nobody is refused, with the reason'
    says boss '/nick allie'
    sees boss 'alice is now called allie' 'nick: changed'
    invite_from_the_chat
    says boss '/leave'
    sees boss 'not a member of strict' 'leave: done'
    close boss
    close victim
    chat stranger dave 80 12 strict
    sees stranger 'You are not a member' 'not a member: it says so'
    close stranger
}

story_nobody_to_ask() {
    local nobody='tcp://127.0.0.1:9'
    conclave-keygen "$dir/eve" >"$dir/keygen.out"
    server=$nobody chat lost eve 80 12
    sees lost 'no group' 'join, the message server away: begun'
    says lost '/join lobby'
    sees lost 'connecting · .*nobody listens' 'join, the message server away: says why it waits'
    sees lost 'Not joined yet: .*' 'join, the message server away: and that it goes on'
    says lost '/leave'
    sees lost '^ no group' 'join, the message server away: and can be ended'
    close lost
}

story_slow_link() {
    conclave-keygen "$dir/far" >"$dir/keygen.out"
    serve_group far --open --advertise 127.0.0.2
    mkfifo "$dir/orders"
    "$relay" 127.0.0.2 127.0.0.1 "${address##*:}" "$(feed_of far | sed 's/.*://')" \
        <"$dir/orders" >"$dir/relay.log" 2>&1 &
    pids+=("$!")
    exec 9>"$dir/orders"
    check 'slow link: the relay starts' await 10 grep -q relaying "$dir/relay.log"
    as alice join far >/dev/null
    as bob join far >/dev/null
    chat slow alice 80 12 far
    sees slow '^ connected' 'slow link: connected'
    says slow '/quit'
    sees slow 'ended 0' 'slow link: ended'
    close slow
    lines 1 2000 | as bob --quiet send far -
    echo 'delay 150' >&9
    chat slow alice 80 12 far
    sees slow '^ connected' 'slow link: connected again'
    sees slow 'line 2000' 'slow link: up to date'
    check 'slow link: meanwhile it said that it was behind' test "$(count_raw slow behind)" -ge 1
    says slow 'takes a while'
    sees slow '~ +alice (│ )?takes a while' 'slow link: shown at once, as pending'
    sees slow '  +alice (│ )?takes a while' 'slow link: solid when it is stored'
    echo 'hold down' >&9
    sees slow '(reconnecting|behind)' 'slow link: silence is noticed'
    says slow 'into the silence'
    sees slow '~ +alice (│ )?into the silence' 'slow link: pending'
    echo 'pass' >&9
    sees slow '^ connected' 'slow link: and again'
    sees slow '  +alice (│ )?into the silence' 'slow link: sent'
    check 'slow link: once' history_has far 'into the silence' 1
    close slow
    exec 9>&-
}

story_ends() {
    stage final alice
    chat ends alice 80 12 final
    sees ends 'connected' 'end: connected'
    types ends 'not sent'
    kill -TERM "$(pgrep -f "conclave chat .*$dir/state-alice final")"
    sees ends 'ended 0' 'end: a signal ends it, and the terminal is as before'
    close ends
    check_status 2 'no terminal: refused' as alice chat final
    check_match 'needs a terminal' 'no terminal: it says so'
}

story_pending
story_side_by_side
story_restored
story_kicked
story_nobody_to_ask
story_slow_link
story_ends
