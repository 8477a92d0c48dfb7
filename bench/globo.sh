#!/usr/bin/env bash
# Ingest and build of a click log beside a peer program: bench/globo.sh CLICKS_DIR [PEER.py]
source "$(dirname "$0")/common.sh"
clicks=${1:?folder of clicks_hour_*.csv.gz}
peer=${2:-}
for round in 1 2 3; do
    home=$work/home$round
    "$zhihui" --home "$home" init >/dev/null
    cat "$root/data/profiles/globo.toml" >> "$home/zhihui.toml"
    measure "zhihui-ingest-$round" "$zhihui" --home "$home" ingest "$clicks"
    measure "zhihui-build-$round" "$zhihui" --home "$home" build --as-of 2017-11-14
    if [ -n "$peer" ]; then
        measure "peer-$round" python3 "$peer" --clicks "$clicks/clicks_hour_*.csv.gz" --out "$work/peer$round"
        tail -n 1 "$work/peer-$round.log"
    fi
done
