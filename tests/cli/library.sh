#!/usr/bin/env bash
# The library as its users get it: installed, found by pkg-config and by CMake, and the examples of
# docs/ compiled and run with it; its calls by library_calls.c, against services that run. Usage: library.sh BINDIR (in a build directory)
set -u
bin=$(cd "${1:?usage: library.sh BINDIR}" && pwd)
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$top/tests/support/check.sh"
# shellcheck source-path=SCRIPTDIR source=../support/services.sh
. "$top/tests/support/services.sh"

prefix=$dir/prefix
check_status 0 "the build installs" cmake --install "$bin/.." --prefix "$prefix"
for file in bin/conclave bin/conclave-group bin/conclave-server bin/conclave-keygen \
    include/conclave.h; do
    check "it installs $file" test -s "$prefix/$file"
done
pc=$(find "$prefix" -name conclave.pc -printf '%h\n')
libs=$(dirname "$pc")

# A build with sanitizers makes a library that needs their runtime in the program too.
flags=()
if grep -q 'CONCLAVE_SANITIZE:BOOL=ON' "$bin/../CMakeCache.txt"; then
    flags=("-fsanitize=address,undefined")
fi
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$bin/../CMakeCache.txt")
read -ra needs <<<"$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs conclave)"
compile() { # SOURCE PROGRAM
    "$compiler" -Wall -Wextra -Werror "${flags[@]}" "$1" "${needs[@]}" "-Wl,-rpath,$libs" -o "$2"
}
for source in docs/example.c docs/echo-bot.c tests/cli/library_calls.c; do
    check_status 0 "$source compiles with what pkg-config says" \
        compile "$top/$source" "$dir/$(basename "$source" .c)"
done
check "the bot has fewer than 60 lines" test "$(wc -l <"$top/docs/echo-bot.c")" -lt 60

mkdir "$dir/cmake"
cat >"$dir/cmake/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.25)
project(example C)
find_package(Conclave 0.1 REQUIRED)
add_executable(example $top/docs/example.c)
target_link_libraries(example PRIVATE Conclave::conclave)
CMAKE
check_status 0 "CMake finds the package" cmake -S "$dir/cmake" -B "$dir/cmake/build" \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="${flags[*]}"
check_status 0 "and builds the example with it" cmake --build "$dir/cmake/build"

visible() { # anything that is not ours
    nm -D --defined-only "$1" | grep -vE ' [A-Z] (conclave_|_init$|_fini$|__asan|__ubsan|__odr)'
}
check "only conclave_ names are visible" test -z "$(visible "$libs/libconclave.so")"

for who in server dev alice; do
    conclave-keygen "$dir/$who" >/dev/null || exit 1
done
serve_directory directory 'tcp://127.0.0.1:*' --open-groups --open-users
server=$address
serve_group dev --open
await 10 grep -q registered "$dir/dev.log"
check_status 0 "the example joins, sends and follows" env CONCLAVE_SERVER="$server" \
    CONCLAVE_SERVER_KEY="$dir/server" CONCLAVE_KEY="$dir/alice" timeout 20 "$dir/example" dev hello 1
check "it prints what was said" test "$check_out" = "2 alice: hello"
check_status 4 "it says when the server's key is another" env CONCLAVE_SERVER="$server" \
    CONCLAVE_SERVER_KEY="$dir/alice" CONCLAVE_KEY="$dir/alice" timeout 20 "$dir/example" dev hello 2

conclave-keygen "$dir/bob" >/dev/null
check_status 0 "an event loop needs nothing but the library's descriptor" \
    env CONCLAVE_SERVER="$server" CONCLAVE_SERVER_KEY="$dir/server" CONCLAVE_KEY="$dir/bob" \
    timeout 30 "$bin/../tests/flow/event_loop" dev 2000

# ---- the other examples ----

export CONCLAVE_SERVER=$server CONCLAVE_SERVER_KEY=$dir/server
for who in bot py owner ann eve other team; do
    conclave-keygen "$dir/$who" >/dev/null || exit 1
done
serve_group team --open
team=$started
await 10 grep -q registered "$dir/team.log"

say() { # USER TEXT
    CONCLAVE_KEY=$dir/$1 timeout 20 "$dir/example" team "$2" 1 >/dev/null
}
echoes() { # how often the bot said that
    conclave --key "$dir/alice" history team 2>/dev/null | grep -c " echo  $1\$"
}
has_echo() {
    test "$(echoes "$1")" -ge 1
}
start bot env CONCLAVE_KEY="$dir/bot" "$dir/echo-bot" team "$dir/bot.cursor"
check "the bot keeps its place" await 10 test -s "$dir/bot.cursor"
say alice '!echo hello'
check "the bot says it again" await 10 has_echo hello
kill "$started"
wait "$started"
say alice '!echo meanwhile'
start bot env CONCLAVE_KEY="$dir/bot" "$dir/echo-bot" team "$dir/bot.cursor"
check "it answers what was said while it was not running" await 10 has_echo meanwhile
check "and nothing twice" test "$(echoes hello)" -eq 1
bot=$started

# Where several Pythons are installed, the one that has what the example needs.
python=
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import msgpack, zmq' 2>/dev/null && python=$candidate && break
done
check_status 0 "the Python client joins, sends and follows" timeout 30 "$python" \
    "$top/docs/python-client.py" "$server" "$dir/server" "$dir/py" team "from Python" 5
check_match '^[0-9]+ python: from Python$' "it prints what was said"
check_match '^[0-9]+ alice: !echo hello$' "and by whom"
start python "$python" "$top/docs/python-client.py" "$server" "$dir/server" "$dir/py" team again 1000
python_pid=$started
await 10 grep -q ' python: again$' "$dir/python.out"
stop "$team"
serve_group team --open || exit 1
team=$started
await 10 grep -q registered "$dir/team.log"
as alice send team 'moved' >/dev/null
check "it follows through a restart of the group at another address" await 30 \
    grep -q ' alice: moved$' "$dir/python.out"
check "each once" test "$(sort "$dir/python.out" | uniq -d | wc -l)" -eq 0
kill "$python_pid"

# ---- a bot without settings of its own ----

kill "$bot"
wait "$bot"
say alice '!echo configured'
# The same person by what init writes, and nothing in the environment.
cp "$dir/bot" "$dir/bot.identity"
cp "$dir/bot_secret" "$dir/bot.identity_secret"
check_status 0 "a person is set up" env -u CONCLAVE_SERVER -u CONCLAVE_SERVER_KEY HOME="$dir/bot.home" \
    conclave init --key "$dir/bot.identity" --server "${server#tcp://}" --server-key "$dir/server"
start bot env -u CONCLAVE_SERVER -u CONCLAVE_SERVER_KEY HOME="$dir/bot.home" \
    "$dir/echo-bot" team "$dir/bot.cursor"
check "the bot reads what init wrote" await 10 has_echo configured
kill "$started"

# ---- calls ----

mkdir "$dir/allowed"
for one in owner ann bob; do cp "$dir/$one" "$dir/allowed/$one.key"; done
conclave-keygen "$dir/lab" >/dev/null
serve_group lab --members "$dir/allowed" --owner "$dir/owner"
await 10 grep -q registered "$dir/lab.log"
check_status 0 "people are let in and put out" timeout 120 "$dir/library_calls" people "$dir" lab
grep -vE '^ok - ' <<<"$check_out"
check "every call did what it says" test "$(grep -c '^ok - ' <<<"$check_out")" -ge 30

stop "${pids[-1]}"
check_status 137 "what is posted while the group is away is in the spool" \
    timeout 30 "$dir/library_calls" post "$dir" lab 5
check_status 137 "also in another run" timeout 30 "$dir/library_calls" post "$dir" lab 2
serve_group lab --members "$dir/allowed" --owner "$dir/owner"
check_status 0 "the next run sends it" timeout 60 "$dir/library_calls" drain "$dir" lab
check "all of it" test "$(grep -c '^ack ' <<<"$check_out")" -eq 14
check_status 0 "nothing is left" timeout 30 "$dir/library_calls" drain "$dir" lab
check "nothing at all" test "$check_out" = "0 wait"
for word in spooled beside; do
    check "what was $word is there once and in order" test "$(conclave --key "$dir/ann" history lab \
        2>/dev/null | sed -n "s/.*$word \([0-9]\)$/\1/p" | tr -d '\n')" = 0123401
done

check_status 0 "a changed key is refused until it is accepted" \
    timeout 60 "$dir/library_calls" pinned "$dir" lab
grep -vE '^ok - ' <<<"$check_out"
check "keys are remembered" grep -q '^group .* lab ' "$dir/ann.known_keys"
secret=$(sed -n 's/.*secret-key = "\(.*\)"/\1/p' "$dir/ann_secret")
check "no secret one is" test -n "$secret" -a -z "$(grep -lF -- "$secret" "$dir"/*.known_keys)"

# A configuration that cannot be used, and says nothing else about itself.
large=$dir/large.conf
head -c 70000 /dev/zero | tr '\0' '#' >"$large"
gives 2 'large.conf is too large' "a configuration that is too large is refused, and said to be" \
    env CONCLAVE_CONFIG="$large" "$dir/echo-bot" team "$dir/bot.cursor"
gives 2 'missing.conf: No such file' "a configuration that was named has to be there" \
    env CONCLAVE_CONFIG="$dir/missing.conf" "$dir/echo-bot" team "$dir/bot.cursor"

summary
