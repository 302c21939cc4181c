#!/bin/sh
# unpack.sh SUITE DIRECTORY PACKAGE…
# Unpacks Debian packages of SUITE with everything they depend on into DIRECTORY, and nothing else: no maintainer script runs,
# no service starts, and the machine's own package state is neither read nor written. Needs no root.
# Prints one line "name=version" per package. With DIRECTORY "-" it only prints what it would unpack.
set -eu
suite=$1 directory=$2
shift 2
state=$HOLDFAST_TEST_CACHE/apt/$suite

# What maintainer scripts and administrators need, and what no server needs to run.
unwanted='^(adduser|binutils.*|debconf|debianutils|dpkg|galera-.*|gawk|gcc-.*-base|init-system-helpers|iproute2|libc-l10n|libgdbm.*|libjson-perl|libllvm.*|libpam-modules.*|libperl.*|libsemanage.*|libsepol.*|libsystemd-shared|libz3.*|locales|login\.defs|logsave|lsb-base|lsof|ncurses-bin|netbase|openssl|openssl-provider-legacy|passwd|perl|perl-base|perl-modules.*|lib.*-perl|postgresql-client-common|postgresql-common.*|procps|psmisc|readline-common|rsync|sensible-utils|socat|ssl-cert|systemd.*|sysvinit-utils|ucf|tar|usrmerge|usr-is-merged|util-linux.*)='

# Signatures are checked. Their expiry is not: a mirror that lags behind by days serves tests as well.
apt() {
  command=$1
  shift
  "$command" \
    -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
    -o APT::Sandbox::User="$(id -un)" -o APT::Install-Recommends=false -o APT::Install-Suggests=false \
    -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=3 -o Debug::NoLocking=1 "$@"
}

# The Debian mirror that this machine already uses: the one with the main component of its own release.
mirror() {
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # What is in parentheses is apt's.
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' |
    awk -v release="$codename" '$2 == release && $3 == "main" { print $1; exit }'
}

# Package lists are fetched at most once a day.
if [ -z "$(find "$state/fetched" -mmin -1440 2>/dev/null)" ]; then
  uri=$(mirror)
  [ -n "$uri" ] || { echo "no Debian mirror in this machine's apt configuration" >&2; exit 1; }
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  : >"$state/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" >"$state/sources.list"
  apt apt-get -qq update >&2
  touch "$state/fetched"
fi

plan=$(apt apt-get -s install "$@")
packages=$(echo "$plan" | sed -nE 's/^Inst ([^ ]+) (\[[^]]*\] )?\(([^ ]+) .*/\1=\3/p' | LC_ALL=C sort | grep -vE "$unwanted")
[ -n "$packages" ] || { echo "no packages for $* in $suite" >&2; exit 1; }
if [ "$directory" != - ]; then
  debs=$(mktemp -d)
  trap 'rm -rf "$debs"' EXIT
  # shellcheck disable=SC2086
  (cd "$debs" && apt apt-get -qq download $packages >&2)
  mkdir -p "$directory/usr/bin" "$directory/usr/sbin" "$directory/usr/lib" "$directory/usr/lib64"
  # Packages of before the merge of / and /usr unpack through these links.
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$directory/$name"; done
  for deb in "$debs"/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$directory" --keep-directory-symlink --no-same-owner \
      --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/info' --exclude='./usr/share/locale' \
      --exclude='./usr/share/lintian' --exclude='./usr/include' --exclude='./usr/lib/systemd' --exclude='./usr/lib/*/gconv' \
      --exclude='./usr/lib/postgresql/*/lib/bitcode' --exclude='./usr/lib/postgresql/*/lib/llvmjit*'
  done
fi
echo "$packages"
