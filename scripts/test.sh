#!/usr/bin/env bash
# Builds and tests everything. The last line is "N passed, N failed".
# Usage: scripts/test.sh [--quick]
#   --quick   one plain build and the unit tests only
#
# gcc builds plain, clang with ASan and UBSan; both treat warnings as errors, and all tests run
# under both. Then come the fuzz targets, the layers, the linters and the state of the checkout.
#
# shellcheck disable=SC2317 # step calls functions by name
set -uo pipefail

quick=
case ${1-} in
'') ;;
--quick) quick=yes ;;
*)
    echo "usage: $0 [--quick]" >&2
    exit 2
    ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
jobs=$(nproc)
passed=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset "${!CONCLAVE_@}"
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

finish() {
    if [ "$failed" -gt 0 ]; then
        echo "# failed:"
        cat "$work/failed"
    fi
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

# step NAME COMMAND...: one test. Its output is shown when it fails.
step() {
    local name=$1 began=$SECONDS
    shift
    if "$@" >"$work/step.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok - $name ($((SECONDS - began)) s)"
        return 0
    fi
    failed=$((failed + 1))
    echo "not ok - $name ($((SECONDS - began)) s)"
    sed 's/^/# /' "$work/step.log"
    echo "# $name" >>"$work/failed"
    return 1
}

# The cases of a log that failed, each with what it said; where there is none, how the log ends.
# Lines of ctest's begin with the number of their program, and those of two may alternate.
complaints() { # LOG
    awk '
        { who = /^[0-9]+: / ? $1 : "" }
        /^([0-9]+: )?ok / { left[who] = 0 }
        (/^([0-9]+: )?not ok / && !/# SKIP/) || /tests FAILED:/ { left[who] = 25 }
        left[who]-- > 0 { print; some = 1 }
        END { exit !some }' "$1" || tail -n 40 "$1"
}

# count NAME FILE PASSED FAILED: add up a test that counts for itself.
count() {
    local name=$1 file=$2
    passed=$((passed + $3))
    failed=$((failed + $4))
    if [ "$4" -eq 0 ]; then
        echo "ok - $name: $3 tests"
    else
        echo "not ok - $name: $4 of $(($3 + $4)) tests failed"
        complaints "$file" | sed 's/^/# /'
        complaints "$file" | sed -nE "s|^([0-9]+: )?not ok |# $name: |p" >>"$work/failed"
    fi
}

# ---- builds and their tests ----

# build DIRECTORY COMPILER OPTION...
build() {
    local dir=$1 compiler=$2
    shift 2
    cmake -S . -B "$dir" -DCMAKE_C_COMPILER="$compiler" -DCONCLAVE_WERROR=ON \
        -DCMAKE_RULE_MESSAGES=OFF "$@" &&
        cmake --build "$dir" -j "$jobs"
}

# Every case of every program that ctest knows. Cases report in TAP; a program that reports none
# counts as one, and so does one that ended badly without saying in which case.
unit_tests() { # NAME DIRECTORY
    local log=$work/ctest.log numbers
    CMOCKA_MESSAGE_OUTPUT=TAP ctest --test-dir "$2" --verbose -j "$jobs" >"$log" 2>&1
    numbers=$(awk '
        /^[0-9]+: ok / && !/# SKIP/ { ok[$1]++; good++ }
        /^[0-9]+: not ok / && !/# SKIP/ { bad[$1]++; poor++ }
        /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
            n = $0
            sub(/^[^#]*#/, "", n)
            sub(/:.*/, ":", n)
            if (/ Passed /) { if (!ok[n] && !bad[n]) good++ }
            else if (!bad[n]) poor++
        }
        END { print good + 0, poor + 0 }' "$log")
    [ "$numbers" != "0 0" ] || numbers="0 1"
    # shellcheck disable=SC2086 # two numbers
    count "$1" "$log" $numbers
}

# The scripts that drive the real programs.
script_tests() { # NAME DIRECTORY
    local script log=$work/script.log good poor status
    for script in tests/cli/*.sh; do
        status=0
        timeout 300 bash "$script" "$2/bin" >"$log" 2>&1 </dev/null || status=$?
        good=$(grep -c '^ok - ' "$log")
        poor=$(grep -c '^not ok - ' "$log")
        if [ "$poor" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then
            echo "exit status $status" >>"$log"
            poor=1
        fi
        count "$1 $script" "$log" "$good" "$poor"
    done
}

# ---- fuzzing ----

fuzz() { # TARGET
    local target=$1 dict=() new=$work/corpus-$1
    mkdir -p "$new"
    case $target in
    shape | request | reply | feed) dict=(-dict=tests/fuzz/wire.dict) ;;
    *) [ ! -f "tests/fuzz/$target.dict" ] || dict=("-dict=tests/fuzz/$target.dict") ;;
    esac
    "build/test-fuzz/tests/fuzz/fuzz_$target" -seed=1 -runs=100000 -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix=build/test-fuzz/ "${dict[@]}" "$new" "tests/fuzz/corpus/$target"
}

# ---- layers ----

# A folder of src is a layer. What it may see is said once more here, so that a line in
# cmake/layers.cmake does not open a door by itself.
allowed='base:
base/columns: base
wire: base
net: base
rpc: base net wire
roster: base
store: base roster
store/sqlite: base roster store
store/search: base roster store sqlite
store/tools: base roster store sqlite
service: base net wire
service/server: base net wire service sqlite
service/group: base net wire rpc service roster store sqlite search
client/disk: base net
client: base net wire rpc disk
client/api: base net wire rpc disk client
chat/model: base columns
chat/screen: base columns model
chat/input: base
chat: base columns model screen input api
cli: base columns
conclave/tell: base columns cli api
conclave/cmd: base columns net disk cli api chat tell
conclave/doctor: base net cli api cmd tell
daemon: base net cli service tools'

# sees_only FOLDER LAYER...: with the include path that the build gives to FOLDER, the headers of
# these are found, and of no other folder of src.
sees_only() {
    local folder=$1 other name header command words word paths=()
    shift
    command=$(grep -m1 -E "\"command\".*$root/src/$folder/[a-z_0-9-]+\.c" \
        build/test-gcc/compile_commands.json)
    read -ra words <<<"$command"
    for word in "${words[@]}"; do
        [[ $word != -I* ]] || paths+=("$word")
    done
    while read -r other; do
        header=$(find "src/$other" -maxdepth 1 -name '*.h' -printf '%f\n' | sort | head -n 1)
        name=${other##*/}
        if [ -z "$header" ] || [ "$other" = "$folder" ]; then continue; fi
        case " $* " in
        *" $name "*) printf '#if !__has_include("%s")\n#error not %s\n#endif\n' \
            "$name/$header" "$name" ;;
        *) printf '#if __has_include("%s")\n#error %s\n#endif\n' "$name/$header" "$name" ;;
        esac
    done < <(find src -mindepth 1 -type d -printf '%P\n' | sort) |
        gcc -std=c11 "${paths[@]}" -fsyntax-only -xc -
}

has_no_way_around() {
    ! grep -rnE '#include "(\.\.|[^"/]+"|[^"/]+/[^"/]+/)' src --include='*.[ch]' |
        grep -v '"conclave.h"'
}

layers() {
    local folder seen
    while IFS=: read -r folder seen; do
        # shellcheck disable=SC2086 # a list
        step "src/$folder sees what it may and nothing else" sees_only "$folder" $seen
    done <<<"$allowed"
    step "includes name their folder" has_no_way_around
}

# ---- signposts ----

# Every `path` and `path:name` in the documents exists, from the top or below src or docs.
signposts() {
    local page word path name found bad=0
    # shellcheck disable=SC2016 # the quotes of the documents
    while IFS=: read -r page word; do
        path=${word%%:*}
        name=${word#"$path"}
        name=${name#:}
        found=
        for found in "$path" "src/$path" "docs/$path" "${page%/*}/$path" ''; do
            [ -z "$found" ] || [ ! -e "$found" ] || break
        done
        if [ -z "$found" ]; then
            echo "$page: there is no $path"
            bad=1
        elif [ -n "$name" ] && ! grep -qwF -- "$name" "$found"; then
            echo "$page: there is no $name in $found"
            bad=1
        fi
    done < <(grep -oE '`[A-Za-z_][A-Za-z0-9_./-]*/[A-Za-z0-9_./-]+\.(c|h|sh|md|py|cmake|json)(:[A-Za-z_][A-Za-z0-9_-]*)?`' \
        README.md docs/*.md | tr -d '`' | sort -u)
    return "$bad"
}

# ---- linters ----

is_formatted() {
    find src include tests docs -name '*.[ch]' -exec clang-format --dry-run --Werror {} +
}

passes_cppcheck() {
    local views=(build/test-gcc/layers/*)
    cppcheck --std=c11 -D_GNU_SOURCE '-DCONCLAVE_VERSION="0"' --quiet -j "$jobs" \
        --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
        --suppressions-list=scripts/cppcheck-suppressions.txt \
        -I include "${views[@]/#/-I}" src
}

passes_shellcheck() {
    find scripts tests .ci '(' -name '*.sh' -o -path '.ci/*' ')' -type f -exec shellcheck -x {} +
}

# ---- the checkout ----

state_of_checkout() {
    git status --porcelain
}

is_unchanged() {
    diff "$work/checkout" <(state_of_checkout)
}

# The only secret in the tree is the one that libzmq's manual publishes as its example.
has_no_keys() {
    local example='D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs' bad=0
    if git ls-files | grep -E '\.key(_secret)?$|_secret$'; then
        bad=1
    fi
    if git grep -InE 'secret-key = "[^"]{40}"|BEGIN [A-Z ]*PRIVATE KEY' | grep -vF "$example"; then
        bad=1
    fi
    return "$bad"
}

# ---- all of it ----

scripts/install-packages.sh --tests || exit 1
if [ -n "$quick" ]; then
    step "gcc builds without a warning" build build/test-gcc gcc &&
        unit_tests "unit tests, gcc" build/test-gcc
    finish
fi

state_of_checkout >"$work/checkout" 2>&1
step "gcc builds without a warning" build build/test-gcc gcc && {
    unit_tests "unit tests, gcc" build/test-gcc
    script_tests "gcc" build/test-gcc
    layers
}
step "clang builds without a warning" build build/test-clang clang -DCONCLAVE_SANITIZE=ON && {
    unit_tests "unit tests, clang with ASan and UBSan" build/test-clang
    script_tests "clang with ASan and UBSan" build/test-clang
}
step "the fuzz targets build" build build/test-fuzz clang -DCONCLAVE_SANITIZE=ON \
    -DCONCLAVE_FUZZ=ON &&
    for source in tests/fuzz/fuzz_*.c; do
        target=${source#tests/fuzz/fuzz_}
        step "100,000 runs of ${source##*/}" fuzz "${target%.c}"
    done
step "what the documents point at is there" signposts
step "clang-format finds nothing" is_formatted
step "cppcheck finds nothing" passes_cppcheck
step "shellcheck finds nothing" passes_shellcheck
if git rev-parse --git-dir >/dev/null 2>&1; then
    step "no key is in git" has_no_keys
    step "build and tests leave the checkout as it was" is_unchanged
else
    echo "# not a git checkout: what git knows is not looked at"
fi
finish
