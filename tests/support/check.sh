# shellcheck shell=bash
# Checks for command-line tests. Source it, call check_*, end with summary.
# The output of the last checked command stays in $check_out (standard output) and $check_err;
# $check_dir is an empty directory for the test's files, removed at its end.

check_passed=0
check_failed=0
check_out=
check_err=
check_files=$(mktemp -d)
check_dir=$check_files/dir
mkdir "$check_dir"
trap 'rm -rf "$check_files"' EXIT

# check DESCRIPTION COMMAND...: passes when the command succeeds.
check() {
    local description=$1
    shift
    if "$@"; then
        check_passed=$((check_passed + 1))
        echo "ok - $description"
    else
        check_failed=$((check_failed + 1))
        echo "not ok - $description"
    fi
}

# check_status EXPECTED DESCRIPTION COMMAND...: runs the command and compares its exit status.
check_status() {
    local expected=$1 description=$2 status=0
    shift 2
    "$@" >"$check_files/out" 2>"$check_files/err" </dev/null || status=$?
    check_out=$(cat "$check_files/out")
    check_err=$(cat "$check_files/err")
    check "$description" test "$status" -eq "$expected"
    if [ "$status" -ne "$expected" ]; then
        printf '# exit status %s, not %s\n' "$status" "$expected"
        printf '%s\n' "$check_out" "$check_err" | sed 's/^/# /'
    fi
}

# check_match PATTERN DESCRIPTION [TEXT]: an extended regular expression finds a line of TEXT
# (else of what the last checked command wrote to standard output and standard error).
check_match() {
    local text=${3-$check_out$'\n'$check_err}
    check "$2" grep -qE -- "$1" <<<"$text"
}

# check_no_match PATTERN DESCRIPTION [TEXT]: the opposite.
check_no_match() {
    local text=${3-$check_out$'\n'$check_err}
    check "$2" test -z "$(grep -E -- "$1" <<<"$text")"
}

# gives STATUS PATTERN DESCRIPTION COMMAND...: it ends so, and its output or messages match.
gives() {
    local status=$1 pattern=$2 description=$3
    shift 3
    check_status "$status" "$description" "$@"
    check_match "$pattern" "$description: what it says"
}

# objects EXPRESSION COMMAND...: one JSON object a line on either output, and EXPRESSION holds for
# their list, o.
objects() {
    local expression=$1
    shift
    "$@" 2>&1 </dev/null | python3 -c '
import json, sys
o = [json.loads(line) for line in sys.stdin]
good = eval("(%s)" % sys.argv[1])
good or print(o, file=sys.stderr)
sys.exit(not good)' "$expression"
}

# The last line, and the exit status of the whole test.
summary() {
    echo "$check_passed passed, $check_failed failed"
    [ "$check_failed" -eq 0 ] && [ "$check_passed" -gt 0 ]
}
