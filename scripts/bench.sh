#!/bin/sh
# bench.sh [--quick] [--rounds N] [--only planning|postgresql|mysql] [--major N] [--write]
# Measures Holdfast against the vendor's programs on real servers; --write puts the result into docs/performance.md.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test >&2
npm run --silent build >&2
PATH=$PWD/node_modules/.bin:$PATH exec node bench/main.ts "$@"
