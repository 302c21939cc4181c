#!/bin/sh
# setup.sh demo [mariadb] | test
# Everything that this machine needs for `npm run demo` (the minimum, on PostgreSQL or MariaDB) or `npm test` (all of it). Says
# what it installs before it does, does only what is missing, and takes a second when nothing is. Debian 12 or newer with Node
# and npm.
#
# Database servers and small tools are unpacked below a cache directory and run in place: nothing is installed as a service
# and no existing server is touched. Only `test` installs packages (docker.io, strace), and only as root or with sudo.
set -eu
level=${1:?demo or test}
demo=${2:-postgresql}
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup/environment.sh"

say() { echo "setup: $*"; }
# A missing part makes a run prove less: loud on a developer's machine, an error in CI.
missing() {
  echo "setup: MISSING: $*" >&2
  [ -z "${CI:-}" ] || exit 1
}

node_packages() {
  cd "$root"
  stamp=node_modules/.installed
  if [ "$(cat "$stamp" 2>/dev/null)" != "$(sha256sum <package-lock.json)" ]; then
    say "Node packages of package-lock.json, among them Node 24 itself, into node_modules"
    npm ci --no-audit --no-fund --loglevel=error
    sha256sum <package-lock.json >"$stamp"
  fi
}

# Small programs without libraries of their own beyond those that apt itself needs.
tools() {
  wanted=
  for tool in "$@"; do command -v "$tool" >/dev/null || wanted="$wanted $tool"; done
  [ -n "$wanted" ] || return 0
  say "unpacking$wanted into $HOLDFAST_TEST_CACHE/tools"
  rm -rf "$HOLDFAST_TEST_CACHE/tools"
  # All of them: the directory is made anew.
  # shellcheck disable=SC2086
  sh "$root/scripts/setup/unpack.sh" bookworm "$HOLDFAST_TEST_CACHE/tools" "$@" >/dev/null
}

# Debian packages that must be installed: they need the machine, not a directory.
system_packages() {
  wanted=
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null || wanted="$wanted $2"
    shift 2
  done
  [ -n "$wanted" ] || return 0
  if [ "$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo='sudo -n'; else
    missing "$wanted: neither root nor sudo to install Debian packages with"
    return 0
  fi
  say "installing Debian packages:$wanted"
  # No service of these packages starts by itself: policy-rc.d is asked by invoke-rc.d, and exists only while we install.
  # shellcheck disable=SC2086
  $sudo sh "$root/scripts/setup/install.sh" $wanted || missing "$wanted: apt-get failed"
}

mkdir -p "$HOLDFAST_TEST_CACHE"
node_packages
# Two copies of the tests may start at once: the second one waits and then finds everything done.
exec 9>"$HOLDFAST_TEST_CACHE/setup.lock"
flock 9
case $level in
demo)
  tools zstd patchelf
  case $demo in
  postgresql) [ -x /usr/lib/postgresql/15/bin/postgres ] || sh "$root/scripts/setup/servers.sh" postgresql-15 ;;
  mariadb) sh "$root/scripts/setup/servers.sh" mariadb-10.11 ;;
  *) echo "setup: no demo on $demo" >&2; exit 64 ;;
  esac
  ;;
test)
  servers='postgresql-15 postgresql-17 postgresql-18 mariadb-10.11 mariadb-11.8 mysql-9.7'
  tools zstd patchelf
  # shellcheck disable=SC2086
  sh "$root/scripts/setup/servers.sh" $servers || missing "a database server: nothing is tested on it"
  # Templates of data directories, made anew where a test wants one: those of versions that are gone would pile up.
  find "$HOLDFAST_TEST_CACHE/templates" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} + 2>/dev/null || true
  system_packages dockerd docker.io strace strace
  # shellcheck disable=SC2086
  sh "$root/scripts/setup/docker.sh" $servers || missing "Docker: nothing is tested in containers"
  ;;
*)
  echo "usage: setup.sh demo [postgresql | mariadb] | test" >&2
  exit 64
  ;;
esac
