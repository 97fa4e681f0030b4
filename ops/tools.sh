#!/bin/sh
# What the tests of pages and papers look through: Chromium, LibreOffice, poppler, fonts. Where something is missing and
# cannot be installed, those tests are skipped, and say why.
set -u
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
missing=""
# Writer for papers, Calc for workbooks: each is a module of its own, and `soffice` comes with either.
office=$(dirname "$(readlink -f "$(command -v soffice || echo /usr/lib/libreoffice/program/soffice)")")
[ -e "$office/libswlo.so" ] || missing="$missing libreoffice-writer-nogui"
[ -e "$office/libsclo.so" ] || missing="$missing libreoffice-calc-nogui"
command -v pdftotext >/dev/null || missing="$missing poppler-utils"
# Chromium without its window takes a fraction of the time; the whole browser does where there is no such package.
if [ ! -x /usr/bin/chromium-headless-shell ]; then
  if can_install; then missing="$missing chromium-headless-shell"
  elif [ ! -x /usr/bin/chromium ]; then missing="$missing chromium"
  fi
fi
[ -n "$missing" ] || exit 0
if ! can_install; then
  echo "missing:$missing, and no way to install it here (root and apt-get are needed): their tests are skipped" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -qq --yes --no-install-recommends "$@" fonts-noto-cjk >/dev/null; }
apt-get update -qq >/dev/null
apt-cache show chromium-headless-shell >/dev/null 2>&1 ||
  missing=$(echo "$missing" | sed "s/chromium-headless-shell/$([ -x /usr/bin/chromium ] || echo chromium)/")
# shellcheck disable=SC2086
install $missing || echo "could not be installed:$missing; their tests are skipped" >&2
exit 0
