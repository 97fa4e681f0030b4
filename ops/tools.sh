#!/bin/sh
# What the tests of pages and papers look through: Chromium, LibreOffice, poppler, fonts. Where something is missing and
# cannot be installed, those tests are skipped, and say why.
set -u
missing=""
[ -x /usr/bin/chromium ] || missing="$missing chromium"
command -v soffice >/dev/null || missing="$missing libreoffice-writer-nogui"
command -v pdftotext >/dev/null || missing="$missing poppler-utils"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "missing:$missing, and no way to install it here (root and apt-get are needed): their tests are skipped" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
{ apt-get update -qq && apt-get install -qq --yes --no-install-recommends $missing fonts-noto-cjk; } >/dev/null ||
  echo "could not be installed:$missing; their tests are skipped" >&2
exit 0
