#!/bin/sh
# Entry point of the images holdfast-test/postgres. As much of the official postgres image as its documentation promises
# and tests use: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS, POSTGRES_HOST_AUTH_METHOD, PGDATA, and a
# command of `postgres` with options, or of options only.
set -eu
case ${1:-} in '' | -*) set -- postgres "$@" ;; esac
[ "$1" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chmod 700 "$PGDATA"
  chmod 3777 /run/postgresql
  chown -R postgres:postgres "$PGDATA" /run/postgresql
  # The one program of coreutils that changes user; the new root is the old one.
  exec chroot --userspec=postgres:postgres --skip-chdir / "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=${POSTGRES_USER:-postgres} database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}} method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
    echo 'Error: POSTGRES_PASSWORD is not set' >&2
    exit 1
  fi
  password=$(umask 077 && mktemp)
  printf '%s\n' "${POSTGRES_PASSWORD:-}" >"$password"
  # As there: several options in one variable, so it is split at spaces.
  # shellcheck disable=SC2086
  initdb --username="$user" ${POSTGRES_PASSWORD:+--pwfile="$password"} ${POSTGRES_INITDB_ARGS:-}
  rm -f "$password"
  echo "host all all all $method" >>"$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  if [ "$database" != postgres ]; then
    # Nobody can connect meanwhile: a socket that only this script knows.
    sockets=$(mktemp -d)
    pg_ctl -s -w -o "-c listen_addresses= -c unix_socket_directories=$sockets" start
    createdb -h "$sockets" -U "$user" --maintenance-db=postgres -- "$database"
    pg_ctl -s -w -m fast stop
    rm -rf "$sockets"
  fi
fi
exec "$@"
