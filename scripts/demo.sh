#!/bin/sh
# demo.sh [--engine postgresql | mariadb]
# Sets up the minimum, then shows Holdfast on real servers.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup/environment.sh"
engine=postgresql before=
for word in "$@"; do
  case $word in --engine=*) engine=${word#--engine=} ;; esac
  [ "$before" != --engine ] || engine=$word
  before=$word
done
sh "$root/scripts/setup.sh" demo "$engine"
exec node "$root/scripts/demo.ts" "$@"
