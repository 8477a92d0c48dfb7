#!/bin/sh
# Installs versitygw, a real S3 server with atomic conditional puts, into a folder. Needs Go; without it, the tests say what they
# leave out. Compiles for about three minutes of processor time, once.
set -eu
[ -x "$1/versitygw" ] && exit 0
command -v versitygw >/dev/null 2>&1 && exit 0
if ! command -v go >/dev/null 2>&1; then
    echo "There is no Go, so versitygw is not installed: some tests on object stores are left out." >&2
    exit 0
fi
GOBIN="$1" go install github.com/versity/versitygw/cmd/versitygw@v1.8.0 ||
    echo "versitygw could not be installed: some tests on object stores are left out." >&2
