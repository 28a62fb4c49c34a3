# shellcheck shell=bash disable=SC2154 # sourced by stories.sh
# Beginning, talking, sizes, input.

story_first_start() {
    stage lobby alice
    chat first dave 80 14
    sees first 'lobby, N members' 'first start: the live groups are listed'
    looks first first_start 'first start: the whole screen'
    says first '/join lobby'
    sees first 'dave joined' 'first start: joining shows the group'
    looks first first_join 'first start: the group is shown'
    says first '/quit'
    sees first 'ended 0' 'first start: quit ends it'
    close first
    chat first dave 80 14
    sees first 'dave joined' 'without a GROUP, those one is a member of are shown'
    close first
}

story_two_people() {
    stage two alice bob
    chat ann alice 76 12 two
    chat ben bob 76 12 two
    sees ann '2 of 2 here' 'two people: both are here'
    says ann 'Good morning, how are you?'
    sees ben 'Good morning' 'two people: what one says, the other sees'
    says ben 'Fine, alice. And you?'
    sees ann 'alice. And you' 'two people: and back'
    looks ann two_alice 'two people: the screen of one'
    looks ben two_bob 'two people: the screen of the other'
    mux resize-window -t ben -x 40 -y 12
    looks ben two_40 'resize: at 40 columns all is there'
    mux resize-window -t ben -x 100 -y 30
    looks ben two_100 'resize: at 100 columns with all panes'
    mux resize-window -t ben -x 18 -y 4
    sees ben 'too small' 'resize: much too small, it says so'
    mux resize-window -t ben -x 76 -y 12
    looks ben two_bob 'resize: and back'
    says ben '/members'
    sees ben '●@alice' 'members: shown when asked for'
    says ben '/members'
    sees_no ben '●@alice' 'members: hidden again'
    close ben
    sees ann '1 of 2 here' 'two people: who goes is not here'
    close ann
}

story_input() {
    stage typing alice bob
    chat in alice 76 12 typing
    sees in 'connected' 'input: connected'
    types in 'first line'
    keys in M-Enter
    types in 'second line'
    looks in input_lines 'multi-line: two lines in the input'
    keys in Enter
    sees in '(│ )?second line' 'multi-line: sent as one message'
    check 'multi-line: one entry' await 10 history_has typing 'first line\nsecond line' 1
    mux set-buffer -b piece $'pasted one\npasted two\n/quit\n'
    mux paste-buffer -p -d -b piece -t in
    sees in '^  /quit' 'paste: it is in the input as one piece, and nothing was sent'
    keys in Enter
    sees in ' /quit$' 'paste: sent as one message'
    lines 1 3000 >"$dir/pasted"
    mux load-buffer -b long "$dir/pasted"
    mux paste-buffer -p -d -b long -t in
    sees in '! .*What was pasted is too long' 'paste: too long for a message, it says so'
    types in 'a word'
    keys in C-w C-u
    types in 'Größe 日本'
    keys in BSpace BSpace Left C-a
    types in '> '
    keys in C-e Enter
    sees in 'alice (│ )?> Größe$' 'editing: words, lines, wide characters'
    keys in Up Up
    sees in '^› pasted one' 'history: what was typed is recalled'
    keys in Down Down
    sees_no in '^› pasted' 'history: and left again'
    types in 'bo'
    keys in Tab
    sees in '^› bob:$' 'completion: a nick'
    keys in C-u
    types in 'see typ'
    keys in Tab
    sees in '^› see typing' 'completion: a group'
    keys in C-u
    types in '/se'
    keys in Tab
    sees in '^› /search' 'completion: a command'
    keys in C-u
    says in '/dance'
    sees in '! .*There is no such command: /dance' 'unknown command: it says so'
    says in '//slash'
    sees in 'alice (│ )?/slash' 'two slashes: sent with one'
    close in
}

story_help() {
    chat help alice 100 30 typing
    sees help connected 'help: connected'
    says help '/help'
    sees help '/history DATE - ' 'help: lists the commands'
    looks help help 'help: the whole screen'
    says help '/help kick'
    sees help '/kick WHO' 'help: of one command'
    close help
}

story_drafts() {
    stage left alice
    stage right alice
    chat drafts alice 76 12 left right
    sees drafts 'connected' 'drafts: connected'
    types drafts 'for the left'
    keys drafts M-Down
    sees drafts '^ right' 'drafts: another group'
    sees_no drafts 'for the left' 'drafts: its input is its own'
    types drafts 'for the right'
    keys drafts M-1
    sees drafts '^› for the left' 'drafts: the first one is back'
    keys drafts M-2
    sees drafts '^› for the right' 'drafts: and the other'
    says drafts ''
    sees drafts 'alice (│ )?for the right' 'drafts: sent'
    keys drafts M-1 C-u
    says drafts '/msg right from afar'
    says drafts '/quit'
    check 'a message to another group' await 10 history_has right 'from afar' 1
    close drafts
}

story_keys_of_the_shell() {
    local program
    chat shell alice 76 12 typing
    sees shell '/help lists the commands and keys, /quit ends' 'first screen: says how to begin and to end'
    sees shell 'connected' 'Ctrl-C: connected'
    types shell 'a thought'
    keys shell C-c
    sees_no shell 'a thought' 'Ctrl-C: empties the input'
    sees_no shell '/help lists' 'first screen: the hint is gone'
    keys shell C-y
    sees shell '^› a thought' 'Ctrl-Y: what Ctrl-C emptied is back'
    keys shell C-c C-c
    sees shell '/quit ends the chat' 'Ctrl-C: with nothing to empty, says what ends the chat'
    program=$(program_in shell)
    kill -STOP "$program"
    mux send-keys -R -t shell
    kill -CONT "$program"
    sees shell '^ connected' 'stopped and continued: drawn again'
    sees shell '/quit ends the chat' 'stopped and continued: all of it'
    keys shell C-c C-c
    sees shell 'ended 0' 'Ctrl-C: twice ends the chat'
    close shell
}

# In a shell that can continue it.
story_suspend() {
    local program again
    again="conclave chat --key $dir/alice --server $server --server-key $dir/server \
--state $dir/state-alice typing"
    mux new-session -d -s jobs -x 76 -y 12 "PS1='$ ' bash --norc --noprofile -i"
    says jobs "$again"
    sees jobs 'connected' 'Ctrl-Z: connected'
    keys jobs C-z
    sees jobs 'Stopped' 'Ctrl-Z: stops it, and the shell has its terminal back'
    says jobs 'stty -a | grep -c -- -icanon'
    sees jobs '^0$' 'Ctrl-Z: as it was'
    says jobs 'fg'
    sees jobs '^ connected' 'fg: continued, and drawn again'
    says jobs 'said after fg'
    sees jobs '(│ )?said after fg$' 'fg: and it works'
    keys jobs C-z
    sees jobs 'Stopped' 'Ctrl-Z: stops it again'
    program=$(pgrep -P "$(mux display-message -p -t jobs '#{pane_pid}')" conclave)
    says jobs 'kill %1'
    check 'kill %1: ends it, although the terminal is the shell'"'"'s' await 10 is_over "$program"
    says jobs "$again"
    sees jobs 'connected' 'kill %1: the next one is connected'
    says jobs '/quit'
    sees jobs '^\$$' 'fg: ends'
    mux kill-session -t jobs
}

story_terminals_that_cannot() {
    chat dumb alice 76 12 TERM=dumb typing
    sees dumb 'the terminal dumb cannot place its cursor' 'TERM=dumb: refused in a sentence'
    close dumb
}

story_first_start
story_two_people
story_input
story_keys_of_the_shell
story_suspend
story_terminals_that_cannot
story_help
story_drafts
