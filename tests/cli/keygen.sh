#!/usr/bin/env bash
# conclave-keygen from the outside. Usage: tests/cli/keygen.sh BINDIR
set -u
keygen=$(realpath "${1:?usage: keygen.sh BINDIR}")/conclave-keygen
# shellcheck source-path=SCRIPTDIR source=../support/check.sh
. "$(dirname "$0")/../support/check.sh"

cd "$check_dir" || exit 1
umask 022

secret_of() {
    sed -n 's/^    secret-key = "\(.*\)"$/\1/p' "$1"
}
public_of() {
    sed -n 's/^    public-key = "\(.*\)"$/\1/p' "$1"
}
mode_is() {
    [ "$(stat -c %a "$2")" = "$1" ]
}
shows() {
    grep -qFx -- "$1" <<<"$check_out"
}
says() {
    grep -qF -- "$1" <<<"$check_err"
}
lacks_secret() {
    ! grep -qF -- "$(secret_of "$1")" <<<"$check_out$check_err"
}

check_status 0 "a pair is made" "$keygen" alice.key
made=$check_out
check "the public certificate has mode 0644" mode_is 644 alice.key
check "the secret certificate has mode 0600" mode_is 600 alice.key_secret
check "the file's name is the name" shows "name:        alice"
check "the public key is printed" shows "public key:  $(public_of alice.key)"
check_match '^uuid: +[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' \
    "a version 5 UUID is printed"
check_match '^fingerprint: ([0-9]{5} ){6}[0-9]{5}$' "a fingerprint is printed"
check "the secret key is not printed" lacks_secret alice.key_secret
check "nothing else is left in the directory" test "$(find . -type f | wc -l)" -eq 2

check_status 0 "the public file is shown" "$keygen" --show alice.key
check "showing it prints the same" test "$check_out" = "$made"
check_status 0 "the secret file is shown" "$keygen" --show alice.key_secret
check "showing it prints the same" test "$check_out" = "$made"
check "showing it does not print the secret" lacks_secret alice.key_secret

before=$(cat alice.key alice.key_secret)
check_status 7 "existing files are not overwritten" "$keygen" alice.key
check "the reason names the file" says "alice.key_secret exists"
check "the files are as they were" test "$(cat alice.key alice.key_secret)" = "$before"
check_status 0 "--force replaces them" "$keygen" --force --name "Alice B." alice.key
check "--name is the name" shows "name:        Alice B."
check "the files are new" test "$(cat alice.key alice.key_secret)" != "$before"

check_status 7 "more than one directory is not made" "$keygen" some/where/bob.key
check "the reason is given" says "the directory in which some/where/ would be made does not exist"
check "nothing is left of it" test ! -e some
check_status 0 "one missing directory is made" "$keygen" some/bob.key
check "it is private" mode_is 700 some
check_status 0 "options come from the environment" \
    env CONCLAVE_KEYGEN_NAME=Carol CONCLAVE_KEYGEN_FORCE=1 "$keygen" some/bob.key
check "the name of the environment is used" shows "name:        Carol"

chmod 644 alice.key_secret
check_status 7 "a secret that others may read is refused" "$keygen" --show alice.key_secret
check "the reason is given" says "open to others"
chmod 600 alice.key_secret
sed 's/secret-key = "./secret-key = ",/' alice.key_secret >broken.key_secret
chmod 600 broken.key_secret
check_status 0 "--show needs only the public half" "$keygen" --show broken.key_secret
check_status 7 "a missing file is told" "$keygen" --show nobody.key
check_status 7 "a directory that cannot be made is told" "$keygen" alice.key/x.key

check_status 0 "--help" "$keygen" --help
check_match '^Usage: conclave-keygen \[OPTION\.\.\.\] FILE$' "--help begins with the usage"
check "--help goes to standard output" test -z "$check_err"
check_status 0 "--version" "$keygen" --version
check_match '^conclave-keygen [0-9]+\.[0-9]+\.[0-9]+$' "--version prints it"
check_status 2 "no FILE is misuse" "$keygen"
check "misuse goes to standard error" test -z "$check_out"
check_status 2 "two FILEs are misuse" "$keygen" a b
check_status 2 "an unknown option is misuse" "$keygen" --bogus a
check_status 2 "a repeated option is misuse" "$keygen" --name a --name b c
check_status 2 "a name that would break the file is misuse" "$keygen" --name 'a"b' c
check_status 2 "--show with --force is misuse" "$keygen" --show --force alice.key
check_status 7 "the name of a secret file is refused" "$keygen" x.key_secret

python=/usr/bin/python3
if "$python" -c 'import zmq.auth' 2>/dev/null; then
    pair='import sys, zmq.auth; print(*[(k or b"").decode() for k in
zmq.auth.load_certificate(sys.argv[1])])'
    check_status 0 "pyzmq reads our public certificate" "$python" -c "$pair" alice.key
    check "it finds the public key" test "$check_out" = "$(public_of alice.key) "
    check_status 0 "pyzmq reads our secret certificate" "$python" -c "$pair" alice.key_secret
    check "it finds both keys" \
        test "$check_out" = "$(public_of alice.key) $(secret_of alice.key_secret)"
    make='import zmq.auth; zmq.auth.create_certificates(".", "py", {"name": "Dora", "x": "1"})'
    check_status 0 "pyzmq makes a pair" "$python" -c "$make"
    chmod 600 py.key_secret
    check_status 0 "we read pyzmq's public certificate" "$keygen" --show py.key
    check "we find its public key" shows "public key:  $(public_of py.key)"
    check_status 0 "we read pyzmq's secret certificate" "$keygen" --show py.key_secret
    check "we find its public key" shows "public key:  $(public_of py.key)"
    check "we find its name" shows "name:        Dora"
else
    echo "# python3-zmq is not installed: its certificates are not tried"
fi
summary
