#!/bin/bash
# Nothing is lost, doubled or changed while things break: the short version of scripts/chaos.sh,
# after a test of the checker that decides it.
# Usage: chaos.sh BINDIR
set -u
here=$(cd "$(dirname "$0")/../chaos" && pwd)
checker=$("$here/planted.sh" </dev/null)
scenarios=$("$here/run.sh" --jobs 4 "${1:?usage: chaos.sh BINDIR}" </dev/null) ||
    scenarios+=$'\nnot ok - the scenarios'
printf '%s\n' "$checker" "$scenarios" | grep -v ' passed, [0-9]* failed$'
passed=$(grep -c '^ok - ' <<<"$checker"$'\n'"$scenarios")
failed=$(grep -c '^not ok - ' <<<"$checker"$'\n'"$scenarios")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
