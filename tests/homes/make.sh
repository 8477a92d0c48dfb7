#!/bin/sh
# Makes a small home with a program and packs it: [PORT=…] tests/homes/make.sh PROGRAM NAME
# NAME is the commit or release of the program. Needs curl and python3; the data are those of `zhihui sample`.
set -eu
program=$1
name=$2
port=${PORT:-18099}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
home=$work/home
trap 'rm -rf "$work"' EXIT
zhihui() { "$program" --home "$home" "$@"; }

zhihui init
"$program" sample --out "$work/files" --members 160 --unions 8 --days 60 --seed 5 --as-of 2026-11-20T12:00:00+08:00
zhihui run "$work/files" --budget 0s --as-of 2026-11-20T12:00:00+08:00 || [ $? -eq 1 ]
printf 'a long password' | zhihui user add admin --role admin --password-stdin
union=$(zhihui --json sql "select min(union_id) as u from unions" | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["u"])')
printf 'a long password' | zhihui user add staff --role staff --union "$union" --password-stdin
key=$(zhihui --json key add backend --scope backend | python3 -c 'import json,sys; print(json.load(sys.stdin)["key"])')
zhihui --json key add revoked --scope leader | python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])' | xargs "$program" --home "$home" key revoke

# Sends events, numbered from $1, at the time $2.
send() {
    "$program" --home "$home" serve --listen 127.0.0.1:$port --as-of "$2" &
    server=$!
    until curl -sf http://127.0.0.1:$port/readyz >/dev/null; do sleep 0.2; done
    curl -sf -H "Authorization: Bearer $key" -H 'content-type: application/json' --data @- http://127.0.0.1:$port/v1/events <<EOF
{"events": [
 {"event_id": "r$1", "type": "read", "member_id": "M00000$1", "item_id": "A00001", "at": "$2"},
 {"event_id": "s$1", "type": "sign_up", "member_id": "M00001$1", "item_id": "H00001", "at": "$2"},
 {"event_id": "b$1", "type": "bind", "member_id": "M00002$1", "openid": "oBoundLater$1", "at": "$2"},
 {"event_id": "o$1", "type": "opt_out", "member_id": "M00003$1", "at": "$2"},
 {"event_id": "u$1", "type": "unfollow", "member_id": "M00004$1", "at": "$2"},
 {"event_id": "f$1", "type": "feedback", "member_id": "M00005$1", "rating": 5, "at": "$2"},
 {"event_id": "n$1", "type": "read", "member_id": "newcomer$1", "item_id": "A00002", "at": "$2"}
]}
EOF
    kill "$server"
    wait "$server" || true
}

send 1 2026-11-20T12:30:00+08:00
zhihui member opt-out M000061
zhihui member delete-topic M000062 亲子
zhihui member forget M000063
zhihui run --budget 0s --as-of 2026-11-20T13:00:00+08:00
zhihui maintain --keep-hours 0
zhihui member forget M000064
# These wait in the inbox.
send 2 2026-11-20T13:30:00+08:00
# What the program that made it answers, for the test to compare with.
{
    printf '{"key": "%s", "counts": {' "$key"
    comma=
    for table in unions members memberships articles activities reads shares shown sign_ups pushes feedback member_events \
        member_states items interactions; do
        count=$(zhihui --json sql "select count(*) as n from $table" | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["n"])')
        printf '%s"%s": %s' "$comma" "$table" "$count"
        comma=', '
    done
    printf '}}\n'
} > "$here/$name.json"
rm -rf "$home/scratch"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf - home | gzip -9n > "$here/$name.tar.gz"
ls -l "$here/$name.tar.gz"
