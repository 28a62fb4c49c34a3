#!/bin/bash
# README.md and docs/client.md, done as they stand, in a fresh checkout and as many terminals as they
# say. In a network of its own: README uses the ports that everybody uses.
# Usage: walkthrough.sh BINDIR
set -u
bin=$(cd "${1:?usage: walkthrough.sh BINDIR}" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
walk=$root/tests/support/walkthrough.py

# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$root/tests/support/check.sh"

links_lead_somewhere() { # PAGE
    local target bad=0
    while read -r target; do
        [ -e "$(dirname "$1")/$target" ] || { echo "# $1: there is no $target"; bad=1; }
    done < <(grep -oP '\]\(\K[^)#:]+(?=[)#])' "$1")
    return "$bad"
}

if [ "${2-}" != apart ]; then
    for page in "$root"/README.md "$root"/docs/*.md; do
        check "the links of ${page##*/} lead somewhere" links_lead_somewhere "$page"
    done
    alone=(unshare --net --mount)
    [ "$(id -u)" -eq 0 ] || alone+=(--map-root-user)
    if ! "${alone[@]}" ip link set lo up 2>/dev/null; then
        echo "# skipped: namespaces are not permitted here"
        summary
        exit
    fi
    rm -rf "$check_files"
    exec "${alone[@]}" env BEFORE="$check_passed $check_failed" bash "$0" "$bin" apart
fi

read -r check_passed check_failed <<<"$BEFORE"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$root/tests/support/services.sh"
export LC_ALL=C.UTF-8
ip link set lo up
export PATH="${PATH#"$bin:"}"

# What a fresh clone holds, with what is not committed yet. The builds are not made again.
checkout() { # DIRECTORY
    mkdir "$1" && cd "$root" || return 1
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files -z --cached --others --exclude-standard
    else
        find . -path './build*' -prune -o -type f -print0
    fi | tar --null --ignore-failed-read -cT - 2>/dev/null | tar -xC "$1"
    mkdir -p "$1/build/release" && ln -s "$bin" "$1/build/release/bin" && cd "$1" || return 1
}

# walk NAME PAGE OPTION...: its cases count as if they were written here.
walk() {
    local name=$1 page=$2 log=$dir/$1.walk
    shift 2
    mkdir "$dir/$name.work"
    python3 "$walk" "$page" "$bin" "$dir/$name.work" "$@" >"$log" 2>&1 || echo "# $page failed" >>"$log"
    sed -E "s/^((not )?ok - )/\1$name: /" "$log"
    check_passed=$((check_passed + $(grep -c '^ok - ' "$log")))
    check_failed=$((check_failed + $(grep -c '^not ok - ' "$log")))
    check "$name is walked to its end" grep -qv ' failed$' <<<"$(tail -n 1 "$log")"
}

# ---- README.md ----

checkout "$dir/clone" || exit 1
walk README.md "$dir/clone/README.md"

# ---- docs/client.md: with an operator who has what it speaks of ----

printf '127.0.0.1 localhost chat.example.org\n' >"$dir/hosts"
mount --bind "$dir/hosts" /etc/hosts || exit 1
PATH="$bin:$PATH"
export HOME=$dir/operator
mkdir "$HOME" "$dir/client.d"
cd "$dir/client.d" || exit 1
for who in server dev ops olga; do
    conclave-keygen "$dir/$who" >/dev/null || exit 1
done
cp "$dir/server" server.key
printf '#!/bin/sh\ncat >>entries\n' >on-entry.py
chmod +x on-entry.py
serve_directory server 'tcp://127.0.0.1:5550' --open-groups --open-users || exit 1
server=tcp://chat.example.org:5550
serve_group dev --open --owner "$dir/olga" || exit 1
serve_group ops --open || exit 1
await 10 grep -q registered "$dir/dev.log"
await 10 grep -q registered "$dir/ops.log"
as olga join dev >/dev/null
invitation=$(as olga invite dev 2>/dev/null)
export HOME=$dir/alice CONCLAVE_NICK=alice
mkdir "$HOME"
walk client.md "$root/docs/client.md" --invitation "$invitation"
summary
