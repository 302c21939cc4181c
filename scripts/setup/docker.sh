#!/bin/sh
# docker.sh NAME-VERSION… (postgresql-15, mariadb-11.8, mysql-9.7 …)
# Makes sure that a Docker daemon answers, and that it has the images holdfast-test/{postgres,mariadb,mysql}:VERSION, made from the
# same unpacked Debian trees that tests run as plain processes. Fails, saying what is missing, where that cannot be.
#
# A daemon that this script starts goes on for the next run; `docker.sh stop` ends it, and never one that was there before.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
pid_file=$HOLDFAST_TEST_CACHE/dockerd.pid

ours() {
  [ -s "$pid_file" ] && [ "$(cat "/proc/$(cat "$pid_file")/comm" 2>/dev/null)" = dockerd ]
}

if [ "$1" = stop ]; then
  if ours; then kill "$(cat "$pid_file")"; fi
  rm -f "$pid_file"
  exit 0
fi

start_daemon() {
  command -v dockerd >/dev/null || { echo "dockerd is not installed" >&2; return 1; }
  [ "$(id -u)" = 0 ] || { echo "no Docker daemon answers and only root can start one" >&2; return 1; }
  echo "setup: starting a Docker daemon (log: $HOLDFAST_TEST_CACHE/dockerd.log; sh scripts/setup/docker.sh stop ends it)"
  mount_cgroups
  # Its own session: it must not get the terminal's Ctrl-C. Descriptor 9 is the lock of setup.sh.
  setsid dockerd >"$HOLDFAST_TEST_CACHE/dockerd.log" 2>&1 </dev/null 9>&- &
  echo $! >"$pid_file"
  tries=100
  until docker info >/dev/null 2>&1; do
    tries=$((tries - 1))
    if [ $tries = 0 ] || ! ours; then tail -n 5 "$HOLDFAST_TEST_CACHE/dockerd.log" >&2; return 1; fi
    sleep 0.2
  done
}

# Some virtual machines come without cgroups, which containers need.
mount_cgroups() {
  if ! grep -q ' /sys/fs/cgroup' /proc/mounts; then
    mount -t cgroup2 none /sys/fs/cgroup
  fi
}

image() {
  tree=$(realpath "$HOLDFAST_TEST_CACHE/servers/$1") version=${1#*-}
  case $1 in
  postgresql-*)
    name=holdfast-test/postgres:$version entry=image-entry-postgres.sh user=postgres command=postgres port=5432
    programs=/usr/lib/postgresql/$version/bin:
    ;;
  mariadb-*) name=holdfast-test/mariadb:$version entry=image-entry-mysql.sh user=mysql command=mariadbd port=3306 programs= ;;
  mysql-*) name=holdfast-test/mysql:$version entry=image-entry-mysql.sh user=mysql command=mysqld port=3306 programs= ;;
  esac
  key=$(cat "$tree/key" "$here/docker.sh" "$here/$entry" | sha256sum | cut -c1-16)
  [ "$(docker image inspect -f '{{.Config.Labels.key}}' "$name" 2>/dev/null || true)" != "$key" ] || return 0
  replaced=$(docker image inspect -f '{{.Id}}' "$name" 2>/dev/null || true)
  echo "setup: making the image $name"
  # Hard links: no copy of the tree is written. So files are replaced, never changed.
  layer=$tree/image
  rm -rf "$layer"
  cp -al "$tree/root" "$layer"
  # The programs as Debian made them instead of those that only run in the tree's place.
  cp -al --remove-destination "$tree/original/." "$layer/"
  rm -rf "$layer/etc/passwd" "$layer/etc/group" "$layer/etc/nsswitch.conf" "$layer/etc/mysql"
  printf '%s\n' root:x:0:0:root:/root:/bin/sh "$user:x:999:999::/var/lib/$user:/bin/sh" \
    nobody:x:65534:65534::/nonexistent:/bin/false >"$layer/etc/passwd"
  printf '%s\n' root:x:0: "$user:x:999:" nogroup:x:65534: >"$layer/etc/group"
  printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$layer/etc/nsswitch.conf"
  if [ "$user" = mysql ]; then
    mysql_configuration "$layer" "$command"
    mysql_data "$tree/root/usr" "$layer/usr/share/initialized"
  fi
  # What the maintainer script of base-files would have made.
  rm -rf "$layer/var/run"
  ln -s ../run "$layer/var/run"
  ln -sfn /usr/share/zoneinfo/Etc/UTC "$layer/etc/localtime"
  ln -sfn mawk "$layer/usr/bin/awk"
  ln -sfn dash "$layer/usr/bin/sh"
  install -D -m 755 "$here/$entry" "$layer/usr/local/bin/docker-entrypoint.sh"
  tar -C "$layer" --numeric-owner --owner=0 --group=0 -c . |
    docker import -c 'ENTRYPOINT ["docker-entrypoint.sh"]' -c "CMD [\"$command\"]" -c "EXPOSE $port" \
      -c "ENV PATH=/usr/local/sbin:/usr/local/bin:$programs/usr/sbin:/usr/bin:/sbin:/bin" \
      -c 'ENV PGDATA=/var/lib/postgresql/data' -c 'ENV LANG=C.UTF-8' -c "LABEL key=$key" - "$name" >/dev/null
  rm -rf "$layer"
  # A container of a run that goes on may still hold it: then it stays until somebody prunes.
  [ -z "$replaced" ] || docker image rm "$replaced" >/dev/null 2>&1 || true
}

# As in the official images: everyone may connect, and nobody's name is looked up.
mysql_configuration() {
  install -d "$1/etc/mysql" "$1/var/lib/mysql-files"
  chmod 777 "$1/var/lib/mysql-files"
  {
    printf '[client]\nsocket=/run/mysqld/mysqld.sock\n[mysqld]\n'
    printf '%s\n' datadir=/var/lib/mysql socket=/run/mysqld/mysqld.sock pid-file=/run/mysqld/mysqld.pid skip-name-resolve host-cache-size=0
    [ "$2" = mariadbd ] || printf '%s\n' secure-file-priv=/var/lib/mysql-files
  } >"$1/etc/mysql/my.cnf"
}

# A data directory for the entry point to copy: making one takes MySQL some seconds. For the programs in the tree's place.
mysql_data() {
  base=$1 data=$2
  as=
  [ "$(id -u)" != 0 ] || as=--user=root
  set -- "--datadir=$data" "--basedir=$base" "--plugin-dir=$base/lib/mysql/plugin" $as \
    --innodb-doublewrite=OFF --innodb-flush-log-at-trx-commit=0
  if [ "$command" = mysqld ]; then
    "$base/sbin/mysqld" --no-defaults --initialize-insecure "$@" "--lc-messages-dir=$base/share/mysql" \
      --secure-file-priv=NULL --innodb-redo-log-capacity=8M 2>"$data.log"
    # Every server makes a UUID of its own.
    rm "$data/auto.cnf"
  else
    messages=$base/share/mariadb
    [ -d "$messages" ] || messages=$base/share/mysql
    "$base/bin/mariadb-install-db" --no-defaults "$@" "--lc-messages-dir=$messages" --innodb-log-file-size=8M \
      --auth-root-authentication-method=normal --skip-name-resolve --skip-test-db --skip-log-bin >"$data.log" 2>&1
  fi || { tail -n 5 "$data.log" >&2; return 1; }
  rm "$data.log"
  # There is an account root@here.
  uname -n >"$data.host"
  # The server's user owns no files here: everyone may read them.
  chmod -R a+rX "$data"
}

docker info >/dev/null 2>&1 || start_daemon
for each in "$@"; do image "$each"; done
