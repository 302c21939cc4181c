# shellcheck shell=sh
# Sourced by the scripts, which set root. Where the cache is (test/support/cache.ts follows the same rule), and which programs come first.
if [ -z "${HOLDFAST_TEST_CACHE:-}" ]; then
  # Servers refuse root and run as another user, who cannot look into /root.
  if [ "$(id -u)" = 0 ]; then HOLDFAST_TEST_CACHE=/var/cache/holdfast; else HOLDFAST_TEST_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/holdfast; fi
fi
export HOLDFAST_TEST_CACHE
# Node 24 is one of the packages; the machine's own Node only installs it. Unpacked tools come after the machine's.
# shellcheck disable=SC2154
PATH=$root/node_modules/.bin:$PATH:/usr/sbin:/sbin:$HOLDFAST_TEST_CACHE/tools/usr/bin
export PATH
