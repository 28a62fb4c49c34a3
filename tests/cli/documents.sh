#!/bin/bash
# Manual pages and completions as they are installed: whole, well formed, and about every program.
# Usage: documents.sh BINDIR (in a build directory)
set -u
bin=$(cd "${1:?usage: documents.sh BINDIR}" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"

check_status 0 'the build installs' cmake --install "$bin/.." --prefix "$dir/prefix"
share=$dir/prefix/share
programs='conclave conclave-server conclave-group conclave-keygen'
commands=$(conclave --generate=commands)
check_status 2 'no such form' conclave --generate=dance

# options_of COMMAND...: the long options that its help lists.
options_of() {
    "$@" --help | grep -oE '^ {2}(-.,|   ) --[a-z-]+' | grep -oE '\-\-[a-z-]+'
}

# has_options FILE BEFORE OPTION...: each of them stands in the file as it writes them.
has_options() {
    local file=$1 before=$2 option
    shift 2
    for option in "$@"; do
        grep -qE -- "$before${option#--}([^a-z-]|\$)" <<<"$(sed 's/\\-/-/g' "$file")" ||
            { echo "# $option is missing in $file"; return 1; }
    done
}

# page FILE COMMAND...: the manual page of that command.
page() {
    local file=$1 options
    shift
    mapfile -t options < <(options_of "$@")
    check "$(basename "$file") is there" test -s "$file"
    check 'with every option' has_options "$file" '--' "${options[@]}"
    if command -v man >/dev/null; then
        check_status 0 'well formed' man --warnings -E UTF-8 -l "$file"
        check 'without a warning' test -z "$check_err"
        check_match "^ +${1##*/}" 'it names the program'
    fi
    if command -v mandoc >/dev/null; then
        check_status 0 'mandoc agrees' mandoc -T lint -W error "$file"
    fi
}

for program in $programs; do
    page "$share/man/man1/$program.1" "$program"
    mapfile -t options < <(options_of "$program")
    bash_file=$share/bash-completion/completions/$program
    zsh_file=$share/zsh/site-functions/_$program
    fish_file=$share/fish/vendor_completions.d/$program.fish
    check "bash completes $program" has_options "$bash_file" '--' "${options[@]}"
    check 'zsh too' has_options "$zsh_file" '--' "${options[@]}"
    check 'and fish' has_options "$fish_file" '-l ' "${options[@]}"
    check_status 0 'bash reads its file' bash -n "$bash_file"
    ! command -v zsh >/dev/null || check_status 0 'zsh reads its file' zsh -n "$zsh_file"
    ! command -v fish >/dev/null || check_status 0 'fish reads its file' fish -n "$fish_file"
done
for command in $commands; do
    page "$share/man/man1/conclave-$command.1" conclave "$command"
done
page "$share/man/man1/conclave-group-verify.1" conclave-group verify
page "$share/man/man1/conclave-group-backup.1" conclave-group backup
check 'the configuration has a page' grep -q 'server\\-key' "$share/man/man5/conclave.conf.5"

# ---- bash completes ----

# shellcheck source=/dev/null
. "$share/bash-completion/completions/conclave"
completes() { # WORD...: what it offers for the last one
    COMP_WORDS=(conclave "$@") COMP_CWORD=$#
    COMPREPLY=()
    _conclave
    printf '%s ' "${COMPREPLY[@]}"
}
mkdir -p "$HOME/.local/state/conclave"
printf 'group k dev x\ngroup k design x\nserver tcp://a:1 k\n' >"$HOME/.local/state/conclave/known_keys"
check 'commands' test "$(completes hi)" = 'history '
check 'options of a command' test "$(completes send --f)" = '--file '
check 'options in front' test "$(completes --server-k)" = '--server-key '
check 'groups that are known' test "$(completes history de)" = 'dev design '
check 'behind an option with a value' test "$(completes --timeout 5s -k x history des)" = 'design '
check 'values' test "$(completes --color a)" = 'auto always '
touch "$dir/file.key"
check 'files' test "$(completes --key "$dir/file")" = "$dir/file.key "
check 'nothing where it knows nothing' test "$(completes feed dev --count '')" = ' '

# ---- what docs/security.md promises is proved ----

# shellcheck disable=SC2016
check_status 0 'each test that is named there exists' python3 -c '
import os, re, sys
os.chdir(sys.argv[1])
missing = []
for unit, cases in re.findall(r"unit/(\w+)((?: `\w+`,?)*)", open("docs/security.md").read()):
    path = "tests/unit/test_%s.c" % unit
    source = open(path).read() if os.path.exists(path) else None
    if source is None and unit not in ("NAME", "test_NAME"):
        missing.append(unit)
    for case in re.findall(r"`(\w+)`", cases):
        if not re.search(r"^%s\(void" % case, source or "", re.M):
            missing.append("%s in %s" % (case, path))
print("\n".join(missing))
sys.exit(len(missing) > 0)' "$root"
summary
