#!/bin/sh
# npm test: sets up everything that tests need, then runs them. Arguments go to vitest: npm test -- test/unit
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup/environment.sh"
sh "$root/scripts/setup.sh" test
cd "$root"
exec vitest run "$@"
