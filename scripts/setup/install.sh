#!/bin/sh
# install.sh PACKAGE… (as root)
# Installs Debian packages without starting their services: Debian's own hook for that (invoke-rc.d(8)), taken away again.
set -eu
export DEBIAN_FRONTEND=noninteractive
hook=/usr/sbin/policy-rc.d
if [ ! -e "$hook" ]; then
  trap 'rm -f "$hook"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$hook"
  chmod 755 "$hook"
fi
apt-get -qq install -y --no-install-recommends "$@" >/dev/null 2>&1 ||
  { apt-get -qq update && apt-get -qq install -y --no-install-recommends "$@" >/dev/null; }
