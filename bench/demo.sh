#!/usr/bin/env bash
# `zhihui run` on a made-up year of 43,000 members.
source "$(dirname "$0")/common.sh"
measure sample "$zhihui" sample --out "$work/files"
for round in 1 2 3; do
    measure "run-$round" "$zhihui" --home "$work/home$round" run "$work/files"
done
measure run-again "$zhihui" --home "$work/home3" run "$work/files"
