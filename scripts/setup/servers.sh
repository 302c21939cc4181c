#!/bin/sh
# servers.sh NAME-VERSION… (postgresql-15, mariadb-11.8, mysql-9.7 …)
# Keeps database servers of several kinds and versions side by side below $HOLDFAST_TEST_CACHE/servers/NAME-VERSION, each an
# unpacked Debian tree whose programs run in place with the tree's own libraries. Does nothing when they are up to date.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
patchelf=$(command -v patchelf || echo "$HOLDFAST_TEST_CACHE/tools/usr/bin/patchelf")
recipe=$(cat "$here/unpack.sh" "$here/servers.sh" | sha256sum)

# Which Debian release carries which version, in which package (`main`, whose version must be the wanted one), and which
# programs run in place (patterns below the tree's root), the server's own first.
describe() {
  version=${1#*-}
  case $1 in
  postgresql-15 | mariadb-10.11) suite=bookworm ;;
  postgresql-17 | mariadb-11.8) suite=trixie ;;
  postgresql-18 | mysql-9.7) suite=sid ;;
  *) echo "no Debian release is known for $1" >&2; exit 1 ;;
  esac
  case $1 in
  postgresql-*)
    main=postgresql-$version also=
    server=usr/lib/postgresql/$version/bin/postgres programs="usr/lib/postgresql/$version/bin/*"
    ;;
  mariadb-*)
    # The package mariadb-server has the authentication plugins.
    main=mariadb-server-core also='mariadb-server mariadb-client'
    server=usr/sbin/mariadbd programs='usr/sbin/mariadbd usr/bin/mariadb* usr/bin/my* usr/bin/resolveip'
    ;;
  mysql-*)
    main=mysql-server-core also=mysql-client-core
    server=usr/sbin/mysqld programs='usr/sbin/mysqld usr/bin/my*'
    ;;
  esac
  # The shell tools make the same tree good for a container image.
  packages="$main $also base-files bash coreutils dash grep hostname libc-bin mawk sed tzdata"
}

server() {
  name=$1 link=$HOLDFAST_TEST_CACHE/servers/$1
  describe "$name"
  fresh=$(find "$link/checked" -mmin -1440 2>/dev/null || true)
  [ -z "$fresh" ] || [ "$(cat "$fresh")" != "$recipe" ] || return 0
  # shellcheck disable=SC2086
  if ! versions=$(sh "$here/unpack.sh" "$suite" - $packages) || ! carries "$versions"; then
    [ -x "$link/root/$server" ] || return 1
    echo "setup: Debian $suite has no news of $name; it stays as it is" >&2
    return 0
  fi
  key=$(printf '%s\n' "$recipe" "$versions" | sha256sum | cut -c1-16)
  tree=$HOLDFAST_TEST_CACHE/trees/$name-$key
  if [ ! -d "$tree" ]; then
    echo "setup: unpacking $name from Debian $suite into $tree"
    draft=$tree.draft
    rm -rf "$draft"
    mkdir -p "$draft/root" "$draft/original"
    # shellcheck disable=SC2086
    sh "$here/unpack.sh" "$suite" "$draft/root" $packages >"$draft/packages"
    relocate "$draft" "$tree/root"
    echo "$key" >"$draft/key"
    chmod -R a+rX "$draft"
    mv "$draft" "$tree"
  fi
  # The exact version, for whoever reads the log of a run.
  "$tree/root/$server" --version
  echo "$recipe" >"$tree/checked"
  mkdir -p "$HOLDFAST_TEST_CACHE/servers"
  ln -sfn "$tree" "$link.new"
  mv -T "$link.new" "$link"
  # A test run that started before may still use an older tree: it goes a day later.
  find "$HOLDFAST_TEST_CACHE/trees" -mindepth 1 -maxdepth 1 -name "$name-*" ! -name "$(basename "$tree")" -mmin +1440 \
    -exec rm -rf {} +
}

# A release that moves on takes a version away. That must not pass for the version which tests claim to run on.
carries() {
  found=$(echo "$1" | sed -nE "s/^$main=([0-9]+:)?//p")
  case $found in
  "$version".* | "$version"-*) ;;
  *) echo "setup: Debian $suite carries ${found:-nothing} as $main, not $version" >&2; return 1 ;;
  esac
}

# Programs find their loader and libraries by absolute names: give them those of the tree they will stand in. The programs as
# Debian made them are kept for container images.
relocate() {
  root=$1/root final=$2
  libraries=$(cd "$root" && ls -d usr/lib/*-linux-gnu*)
  # MySQL keeps some libraries of its own apart.
  path=$final/$libraries:$final/usr/lib/mysql/private
  # Patterns, to be expanded there.
  # shellcheck disable=SC2086
  (cd "$root" && ls -d $programs 2>/dev/null) | while read -r program; do
    [ ! -L "$root/$program" ] || continue
    loader=$("$patchelf" --print-interpreter "$root/$program" 2>/dev/null) || continue
    (cd "$root" && cp -a --parents "$program" ../original/)
    # RPATH, not RUNPATH: it also holds for what the libraries and extensions load in turn.
    "$patchelf" --set-interpreter "$final/$libraries/$(basename "$loader")" --force-rpath --set-rpath "$path" "$root/$program"
  done
}

# A subshell each, with its own "exit at the first error"; one that fails does not keep the others from being made.
failed=0
for each in "$@"; do
  server "$each" &
  wait $! || failed=1
done
exit $failed
