#!/bin/sh
# Installs headless Chromium, a Chinese font and pdftotext for the tests where they are missing. Needs Debian or a relative of it,
# and root or sudo.
set -eu
packages=""
browser=""
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && browser="$name"
done
[ -n "$browser" ] || packages="chromium"
command -v pdftotext >/dev/null 2>&1 || packages="$packages poppler-utils"
find /usr/share/fonts /usr/local/share/fonts -iname '*cjk*' -o -iname 'wqy*' 2>/dev/null | grep -q . || packages="$packages fonts-wqy-microhei"
[ -n "$packages" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need: $packages. Install it and run again." >&2
    exit 1
fi
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $packages >/dev/null
