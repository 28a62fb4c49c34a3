#!/bin/bash
# What a shell completes: as typed into a real bash, and into fish where that is installed, with a
# real group. Usage: complete.sh BINDIR (in a build directory)
set -u
bin=$(cd "${1:?usage: complete.sh BINDIR}" && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$(dirname "$0")/../support/services.sh"

typed=$(realpath "$(dirname "$0")/../support/typed.py")
check_status 0 'the build installs' cmake --install "$bin/.." --prefix "$dir/prefix"
share=$dir/prefix/share
cd "$dir" || exit 1

# completes LINE WORDS: what bash puts in the place of the last word of LINE, with a blank between; if
# there is nothing, LINE stays. fish offers as many.
completes() {
    local line=$1 program=${1%% *} wanted=$1 got
    [ -z "$2" ] || wanted="${line%"${line##*[ =]}"}$2"
    got=$(timeout 20 python3 "$typed" "$share/bash-completion/completions/$program" "$line")
    check "$line: ${2:-nothing}" test "${got% }" = "${wanted% }"
    [ "${got% }" = "${wanted% }" ] || echo "# it is: $got"
    if command -v fish >/dev/null; then
        got=$(timeout 20 fish -N -c "source $share/fish/vendor_completions.d/$program.fish
            complete -C '$line'" | wc -l)
        check "$line: fish too" test "$got" -eq "$(wc -w <<<"${2//\\ /}")"
    fi
}

# ---- from the tables ----

completes 'conclave hi' history
completes 'conclave history --lim' --limit
completes 'conclave --server-k' --server-key
completes 'conclave --color a' 'always auto'
completes 'conclave --color=n' never
completes 'conclave config ' 'check show'
completes 'conclave help unb' unban
completes 'conclave dance ' ''
mkdir files
touch files/a.key files/b.key
completes 'conclave --key files/' 'files/a.key files/b.key'
completes 'conclave config check files/a' files/a.key
completes 'conclave-keygen --f' --force
completes 'conclave-keygen files/b' files/b.key
completes 'conclave-group --history s' since-join
completes 'conclave-server --key files/a' files/a.key
completes 'conclave-server --data fi' files
completes 'conclave-group verify --d' --data

# ---- from what is remembered, and from the group ----

completes 'conclave history de' ''
for name in server dev design alice bob; do
    conclave-keygen --name "$name" "$dir/$name" >/dev/null
done
serve_directory server 'tcp://127.0.0.1:*' --open-groups --open-users
server=$address
server_pid=$started
serve_group dev --open --owner "$dir/alice"
dev_pid=$started
serve_group design --open --owner "$dir/alice"
conclave init --key "$dir/alice" --server "$server" --server-key "$dir/server" >/dev/null
check_status 0 'alice is set up' conclave join dev
# shellcheck disable=SC2016 # that is the point
as bob --state "$dir/bob.state" join dev --nick 'bob $(touch here)' >/dev/null

completes 'conclave history de' dev
completes 'conclave join de' 'design dev'
completes 'conclave kick dev a' alice
completes 'conclave ban dev b' 'bob\ \$\(touch\ here\)'
completes "conclave ban dev bob\\" 'bob\ \$\(touch\ here\)'
completes 'conclave role dev alice o' owner
completes 'conclave search dev word --from a' alice
completes 'conclave kick design a' ''
completes "conclave --state $dir/bob.state history de" dev
completes "conclave --state $dir/nowhere kick dev a" ''
completes 'conclave unban dev b' ''
check_status 0 'a ban' conclave ban dev "$(uuid_of bob)"
completes 'conclave unban dev b' 'bob\ \$\(touch\ here\)'
completes 'conclave kick dev b' ''
conclave feed dev --last 1 --count 1 --resume night >/dev/null 2>&1
completes 'conclave feed dev --resume n' night
conclave invite dev >/dev/null 2>&1
id=$(conclave --json invites dev | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
completes "conclave revoke dev ${id:0:6}" "$id"
completes 'conclave --server tcp' "$server"

# ---- when nobody answers ----

kill -STOP "$dev_pid" "$server_pid"
completes 'conclave kick dev a' ''
completes 'conclave join de' dev
completes 'conclave history de' dev
kill -CONT "$dev_pid" "$server_pid"
completes 'conclave kick dev a' alice
check 'nothing ran that is called so' test ! -e "$dir/here"
summary
