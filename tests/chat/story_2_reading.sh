# shellcheck shell=bash disable=SC2154 # sourced by stories.sh
# Reading: history, unread, mentions, folding, gaps, what others send.

story_scroll_back() {
    stage long alice bob
    lines 1 400 | as bob --quiet send long -
    chat back alice 76 12 long
    sees back 'line 400' 'scroll back: the newest is shown'
    for _ in 1 2 3 4 5 6 7 8; do keys back PPage; done
    sees back 'line 3[0-9][0-9]$' 'scroll back: older entries'
    keys back M-Home
    sees back 'alice joined' 'scroll back: Alt-Home, once, to the first entry'
    looks back scroll_top 'scroll back: the top'
    says back 'from above'
    sees back '↓' 'scroll back: sending does not jump'
    looks back scroll_sent 'scroll back: the same entries are in sight'
    keys back M-End
    sees back 'from above' 'scroll back: to the newest again'
    close back
}

story_search_and_history() {
    as bob send long 'the quick brown fox' >/dev/null
    chat look alice 80 12 long
    sees look 'quick brown' 'search: connected'
    says look '/search brown FOX'
    sees look '1 found' 'search: found'
    sees look 'HH:MM bob: the' 'search: with who and what'
    says look '/search unicorn'
    sees look '0 found' 'search: nothing'
    says look '/history 1h'
    sees look 'alice joined' 'history: the entries after a time, on top'
    says look '/history someday'
    keys look M-End
    sees look '! .*Since when' 'history: a date that is none'
    close look
}

story_unread() {
    stage news alice bob
    stage other alice bob
    chat reader alice 80 14 news other
    sees reader 'connected' 'unread: connected'
    as bob send news 'before' >/dev/null
    sees reader 'before' 'unread: read at once'
    keys reader M-2
    sees reader '^ other' 'unread: another group is shown'
    as bob send news 'one' >/dev/null
    as bob send news 'two, alice' >/dev/null
    sees reader '^\*1 news +2' 'unread: counted, with a mark for the mention'
    looks reader unread_away 'unread: the list of groups'
    keys reader M-a
    sees reader '─ unread ─' 'unread: Alt-a goes there, with a line'
    looks reader unread_line 'unread: the line is before what is new'
    mux resize-window -t reader -x 40 -y 10
    keys reader M-2
    as bob send news 'three' >/dev/null
    sees reader 'news 1' 'unread: at 40 columns in the status line'
    says reader '/quit'
    sees reader 'ended 0' 'unread: ended'
    close reader
    as bob send news 'while you were out' >/dev/null
    chat reader alice 80 14 other news
    sees reader '^ 2 news +2' 'unread: across a restart'
    close reader
}

story_mentions() {
    chat bell alice 76 12 --notify bell news
    sees bell 'connected' 'mention: connected'
    as bob send news $'\a\a\a bells of my own' >/dev/null
    sees bell 'bells of my own' 'mention: a message without one'
    as bob send news 'for alice' >/dev/null
    sees bell '\* +bob (│ )?for alice' 'mention: marked'
    rang() { test "$(count_raw bell $'\a')" -eq "$1"; }
    check 'mention: rings once' await 5 rang 1
    for i in 1 2 3 4 5 6; do as bob send news "again, alice $i" >/dev/null; done
    sees bell 'again, alice 6' 'mention: many'
    few() { test "$(count_raw bell $'\a')" -le 3; }
    check 'mention: many do not ring each time' few
    close bell

    mkdir "$dir/fake"
    # shellcheck disable=SC2016 # the notifier expands it
    printf '#!/bin/sh\nfor a; do printf "[%%s]\\n" "$a"; done >%q\n' "$dir/told" \
        >"$dir/fake/notify-send"
    chmod +x "$dir/fake/notify-send"
    chat desk alice 76 12 "PATH=$dir/fake:$PATH" --notify desktop news
    sees desk 'connected' 'desktop: connected'
    # shellcheck disable=SC2016 # nobody shall expand it
    as bob send news 'alice $(touch /tmp/x) `id`; --help' >/dev/null
    # shellcheck disable=SC2016
    check 'desktop: the notifier is called with the text as it is' \
        await 10 grep -qxF '[alice $(touch /tmp/x) `id`; --help]' "$dir/told"
    check 'desktop: with who and where' grep -qxF '[bob in news]' "$dir/told"
    check 'desktop: what others chose is no option' test "$(head -n 1 "$dir/told")" = '[--]'
    close desk
}

story_folding() {
    stage door alice bob
    chat fold alice 80 12 door
    sees fold 'bob joined' 'folding: few are shown one by one'
    for _ in 1 2 3; do
        as carol join door >/dev/null
        as carol leave door >/dev/null
    done
    sees fold '4 joined, 3 left: bob, carol' 'folding: many become one line'
    looks fold folding 'folding: the whole screen'
    close fold
}

story_gap() {
    stage short alice bob
    lines 1 30 | as bob --quiet send short -
    stop "$stage"
    serve short conclave-group --name short --key "$dir/short" --data "$dir/short.data" --open \
        --listen 'tcp://127.0.0.1:*' --feed 'tcp://127.0.0.1:*' --keep-messages 5 \
        --server "$server" --server-key "$dir/server"
    is_trimmed() { as alice history short | grep -q 'line 26' && ! as alice history short | grep -q 'line 25'; }
    await 20 is_trimmed
    chat gap alice 76 12 short
    sees gap 'line 30' 'gap: what is kept is shown'
    looks gap gap 'gap: what is not kept is marked'
    close gap
}

story_hostile() {
    stage hostile alice bob
    chat calm alice 76 16 hostile
    sees calm 'connected' 'hostile: connected'
    raw_before=$(count_raw calm $'\033]')
    as bob send hostile $'\033[2J\033[1;1Hgone?' >/dev/null
    as bob send hostile $'\033]0;evil title\a\033]52;c;ZXZpbA==\a' >/dev/null
    as bob send hostile $'\u202egnp.exe \u2066x\u2069 \u200b\u200d\ufeff.' >/dev/null
    as bob send hostile $'tab\there\rback\bspace \u009b31m' >/dev/null
    as bob send hostile "$(printf 'Z\xcc\x81%.0s' 1)$(printf '\xcc\x81%.0s' {1..500})|" >/dev/null
    as bob send hostile 'last' >/dev/null
    sees calm 'bob (│ )?last' 'hostile: all came'
    looks calm hostile 'hostile: shown, and nothing else'
    check 'hostile: no sequence of theirs reached the terminal' \
        test "$(count_raw calm $'\033]')" -eq "$raw_before"
    check 'hostile: and no bell' test "$(count_raw calm $'\a')" -eq 0
    close calm
}

story_wide() {
    stage world alice bob
    as bob send world '日本語のとても長い文章は折り返されなければなりません、そうでしょう？' >/dev/null
    as bob send world $'👨\u200d👩\u200d👧 👍🏽 ❤\ufe0f 🇫🇷 e\u0301 नमस्ते' >/dev/null
    as bob send world 'שלום עולם — مرحبا' >/dev/null
    as bob send world "$(printf 'a%.0s' {1..120})" >/dev/null
    chat wide alice 62 16 world
    sees wide 'aaaa' 'wide: all came'
    looks wide wide 'wide: wide, joined and right-to-left text, long words'
    close wide
}

story_colours() {
    colours_of() { mux capture-pane -e -p -t "$1" | grep -oE $'\033\\[[0-9;]*38;5;[0-9]+' | sort -u; }
    chat dark alice 62 16 world
    sees dark 'aaaa' 'colours: dark'
    check 'colours: names have some' test -n "$(colours_of dark)"
    dark=$(colours_of dark)
    close dark
    chat light alice 62 16 --theme light world
    sees light 'aaaa' 'colours: light'
    check 'colours: the light theme has others' test "$dark" != "$(colours_of light)"
    close light
    chat plain alice 62 16 NO_COLOR=1 world
    sees plain 'aaaa' 'colours: NO_COLOR'
    check 'colours: NO_COLOR has none' test -z "$(colours_of plain)"
    looks plain wide 'colours: NO_COLOR shows the same text'
    close plain
}

story_scroll_back
story_search_and_history
story_unread
story_mentions
story_folding
story_gap
story_hostile
story_wide
story_colours
