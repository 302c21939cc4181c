#!/bin/sh
# servers.sh MAJOR…
# Keeps PostgreSQL servers of several major versions side by side below $HOLDFAST_TEST_CACHE/servers/postgresql-MAJOR, each an
# unpacked Debian tree whose programs run in place with the tree's own libraries. Does nothing when they are up to date.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
patchelf=$(command -v patchelf || echo "$HOLDFAST_TEST_CACHE/tools/usr/bin/patchelf")
recipe=$(cat "$here/unpack.sh" "$here/servers.sh" | sha256sum)

# Which Debian release carries which major version.
suite_of() {
  case $1 in
  15) echo bookworm ;;
  17) echo trixie ;;
  18) echo sid ;;
  *) echo "no Debian release is known for PostgreSQL $1" >&2; exit 1 ;;
  esac
}

server() {
  major=$1 suite=$(suite_of "$1") link=$HOLDFAST_TEST_CACHE/servers/postgresql-$1
  # The shell tools make the same tree good for a container image.
  packages="postgresql-$major base-files bash coreutils dash grep hostname libc-bin mawk sed tzdata"
  fresh=$(find "$link/checked" -mmin -1440 2>/dev/null || true)
  [ -z "$fresh" ] || [ "$(cat "$fresh")" != "$recipe" ] || return 0
  # shellcheck disable=SC2086
  if ! versions=$(sh "$here/unpack.sh" "$suite" - $packages); then
    [ -x "$link/root/usr/lib/postgresql/$major/bin/postgres" ] || return 1
    echo "setup: Debian $suite cannot be asked for news; PostgreSQL $major stays as it is" >&2
    return 0
  fi
  key=$(printf '%s\n' "$recipe" "$versions" | sha256sum | cut -c1-16)
  tree=$HOLDFAST_TEST_CACHE/trees/postgresql-$major-$key
  if [ ! -d "$tree" ]; then
    echo "setup: unpacking PostgreSQL $major from Debian $suite into $tree"
    draft=$tree.draft
    rm -rf "$draft"
    mkdir -p "$draft/root"
    # shellcheck disable=SC2086
    sh "$here/unpack.sh" "$suite" "$draft/root" $packages >"$draft/packages"
    mkdir -p "$draft/original/usr/lib/postgresql/$major"
    cp -a "$draft/root/usr/lib/postgresql/$major/bin" "$draft/original/usr/lib/postgresql/$major/"
    relocate "$draft/root" "$tree/root" "$major"
    echo "$key" >"$draft/key"
    chmod -R a+rX "$draft"
    mv "$draft" "$tree"
  fi
  "$tree/root/usr/lib/postgresql/$major/bin/postgres" --version
  echo "$recipe" >"$tree/checked"
  mkdir -p "$HOLDFAST_TEST_CACHE/servers"
  ln -sfn "$tree" "$link.new"
  mv -T "$link.new" "$link"
  # A test run that started before may still use an older tree: it goes a day later.
  find "$HOLDFAST_TEST_CACHE/trees" -mindepth 1 -maxdepth 1 -name "postgresql-$major-*" ! -name "$(basename "$tree")" -mmin +1440 \
    -exec rm -rf {} +
}

# Programs find their loader and libraries by absolute names: give them those of the tree they will stand in.
relocate() {
  root=$1 final=$2
  libraries=$(cd "$root" && ls -d usr/lib/*-linux-gnu*)
  for program in "$root/usr/lib/postgresql/$3/bin"/*; do
    [ ! -L "$program" ] || continue
    loader=$("$patchelf" --print-interpreter "$program" 2>/dev/null) || continue
    # RPATH, not RUNPATH: it also holds for what the libraries and extensions load in turn.
    "$patchelf" --set-interpreter "$final/$libraries/$(basename "$loader")" --force-rpath --set-rpath "$final/$libraries" "$program"
  done
}

# A subshell each, with its own "exit at the first error"; one that fails does not keep the others from being made.
failed=0
for each in "$@"; do
  server "$each" &
  wait $! || failed=1
done
exit $failed
