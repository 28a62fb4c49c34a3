#!/usr/bin/env bash
# The library as its users get it: installed, found by pkg-config and by CMake, and the example of
# docs/ compiled and run with it. Usage: library.sh BINDIR (in a build directory)
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
check_status 0 "the example compiles with what pkg-config says" \
    "$compiler" -Wall -Wextra -Werror "${flags[@]}" "$top/docs/example.c" "${needs[@]}" \
    "-Wl,-rpath,$libs" -o "$dir/example"

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
summary
