#!/bin/sh
# Entry point of the images holdfast-test/mysql and holdfast-test/mariadb. As much of the official images as their documentation
# promises and tests use: MYSQL_ROOT_PASSWORD (or …_FILE), MYSQL_ALLOW_EMPTY_PASSWORD, MYSQL_ROOT_HOST, MYSQL_DATABASE, MYSQL_USER,
# MYSQL_PASSWORD, MYSQL_INITDB_SKIP_TZINFO, in MariaDB's also with MARIADB_ in front, and a command of `mysqld` or `mariadbd` with
# options, or of options only. As there, a server without network is set up first, on the same socket as the real one,
# and MariaDB's has the accounts `healthcheck` that nobody asked for.
set -eu
server=mysqld
[ ! -x /usr/sbin/mariadbd ] || server=mariadbd
case ${1:-} in '' | -*) set -- "$server" "$@" ;; esac
case $1 in mysqld | mariadbd) ;; *) exec "$@" ;; esac

data=/var/lib/mysql socket=/run/mysqld/mysqld.sock initialized=/usr/share/initialized
for option in "$@"; do
  case $option in
  --datadir=*) data=${option#*=} ;;
  --socket=*) socket=${option#*=} ;;
  # These can only be chosen when a data directory is made.
  --lower[-_]case* | --innodb[-_]page* | --innodb[-_]data* | --innodb[-_]undo*) initialized= ;;
  --help | --version | -V | --print-defaults) exec "$@" ;;
  esac
done

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$data" /run/mysqld
  chown -R mysql:mysql "$data" /run/mysqld
  # The one program of coreutils that changes user; the new root is the old one.
  exec chroot --userspec=mysql:mysql --skip-chdir / "$0" "$@"
fi

# setting NAME: what MYSQL_NAME or MYSQL_NAME_FILE says.
setting() {
  found=
  for prefix in MYSQL MARIADB; do
    [ "$server" = mariadbd ] || [ "$prefix" = MYSQL ] || continue
    eval "value=\${${prefix}_$1:-} file=\${${prefix}_${1}_FILE:-}"
    [ -z "$file" ] || value=$(cat "$file")
    [ -z "$value" ] || found=$value
  done
  printf %s "$found"
}

# quoted and named: as SQL.
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/[\\\\']/\\\\&/g")"; }
# shellcheck disable=SC2016
named() { printf '`%s`' "$(printf %s "$1" | sed 's/`/``/g')"; }

if [ ! -d "$data/mysql" ]; then
  password=$(setting ROOT_PASSWORD) host=${MARIADB_ROOT_HOST-${MYSQL_ROOT_HOST-%}}
  if [ -z "$password$(setting ALLOW_EMPTY_PASSWORD)$(setting ALLOW_EMPTY_ROOT_PASSWORD)" ]; then
    echo 'Database is uninitialized and password option is not specified' >&2
    exit 1
  fi
  if [ -d "$initialized/mysql" ]; then
    cp -r "$initialized/." "$data/"
    # Keys must be their owner's alone.
    chmod -R go-rwx "$data"
  elif [ "$server" = mariadbd ]; then
    program=$1
    shift
    mariadb-install-db --datadir="$data" --rpm --auth-root-authentication-method=normal "$@" --skip-test-db --skip-log-bin >/dev/null
    set -- "$program" "$@"
  else
    "$@" --initialize-insecure
  fi

  "$@" --skip-networking --socket="$socket" &
  temporary=$!
  client() { mysql --no-defaults --user=root --socket="$socket" --comments mysql; }
  until echo 'SELECT 1' | client >/dev/null 2>&1; do
    kill -0 $temporary
    sleep 0.1
  done
  if [ -z "$(setting INITDB_SKIP_TZINFO)" ]; then
    for loader in mariadb-tzinfo-to-sql mysql_tzinfo_to_sql; do
      command -v $loader >/dev/null || continue
      # A file that says of itself that it is no zone.
      $loader /usr/share/zoneinfo 2>/dev/null | sed 's/Local time zone must be set--see zic manual page/FCTY/' | client
      break
    done
  fi
  database=$(setting DATABASE) user=$(setting USER)
  {
    echo 'SET SESSION sql_log_bin = OFF;'
    if [ -n "$host" ] && [ "$host" != localhost ]; then
      echo "CREATE USER 'root'@$(quoted "$host") IDENTIFIED BY $(quoted "$password");"
      echo "GRANT ALL ON *.* TO 'root'@$(quoted "$host") WITH GRANT OPTION;"
      [ "$server" = mysqld ] || echo "GRANT PROXY ON ''@'%' TO 'root'@$(quoted "$host") WITH GRANT OPTION;"
    fi
    if [ "$server" = mariadbd ]; then
      # What mariadb-install-db makes without a password.
      for name in 127.0.0.1 ::1 "$(hostname)" "$(cat /usr/share/initialized.host)"; do
        echo "DROP USER IF EXISTS root@$(quoted "$name");"
      done
      for name in 127.0.0.1 ::1 localhost; do
        echo "CREATE USER healthcheck@'$name' IDENTIFIED BY '$(tr -dc a-zA-Z0-9 </dev/urandom | head -c 32)';"
      done
    fi
    [ -z "$database" ] || echo "CREATE DATABASE IF NOT EXISTS $(named "$database");"
    if [ -n "$user" ]; then
      echo "CREATE USER $(quoted "$user")@'%' IDENTIFIED BY $(quoted "$(setting PASSWORD)");"
      [ -z "$database" ] || echo "GRANT ALL ON $(named "$(printf %s "$database" | sed 's/_/\\_/g')").* TO $(quoted "$user")@'%';"
    fi
    # Last: from then on this session's like are asked for it.
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$password");"
  } | client
  kill $temporary
  wait $temporary
  echo "$server init process done. Ready for start up."
fi
exec "$@"
