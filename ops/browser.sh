#!/bin/sh
# Chromium for the tests of the pages. Where it cannot be installed they are skipped, and say why.
set -u
[ -x /usr/bin/chromium ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "no Chromium, and no way to install it here (root and apt-get are needed): tests of the pages are skipped" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -qq --yes --no-install-recommends chromium fonts-noto-cjk; } >/dev/null ||
  echo "Chromium could not be installed: tests of the pages are skipped" >&2
exit 0
