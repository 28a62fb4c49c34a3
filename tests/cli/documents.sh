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

# has_options FILE OPTION...: each of them stands in the page.
has_options() {
    local file=$1 option
    shift
    for option in "$@"; do
        grep -qE -- "$option([^a-z-]|\$)" <<<"$(sed 's/\\-/-/g' "$file")" ||
            { echo "# $option is missing in $file"; return 1; }
    done
}

# page FILE COMMAND...: the manual page of that command.
page() {
    local file=$1 options
    shift
    mapfile -t options < <(options_of "$@")
    check "$(basename "$file") is there" test -s "$file"
    check 'with every option' has_options "$file" "${options[@]}"
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
    bash_file=$share/bash-completion/completions/$program
    zsh_file=$share/zsh/site-functions/_$program
    fish_file=$share/fish/vendor_completions.d/$program.fish
    check 'the completions of all shells are there' test -s "$bash_file" -a -s "$zsh_file" -a -s "$fish_file"
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
