#!/bin/sh
# npm run demo: sets up the minimum, then shows Holdfast on real servers. Arguments go to the demo.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup/environment.sh"
sh "$root/scripts/setup.sh" demo
exec node "$root/scripts/demo.ts" "$@"
