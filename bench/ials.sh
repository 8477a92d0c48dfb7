#!/usr/bin/env bash
# iALS at 64 factors and 15 sweeps beside a peer program: bench/ials.sh TRAIN TEST [PEER.py]
source "$(dirname "$0")/common.sh"
train=${1:?training file}
test=${2:?test file}
peer=${3:-}
for round in 1 2 3; do
    "$zhihui" --json evaluate --train "$train" --test "$test" --models ials --set ials.factors=64 --set ials.sweeps=15 |
        python3 -c 'import json,sys; m = json.load(sys.stdin)["models"][0]; print("zhihui", m["fit_seconds"], m["recommend_seconds"], m["metrics"])'
    [ -z "$peer" ] || OPENBLAS_NUM_THREADS=1 python3 "$peer" --train "$train" --test "$test" --model als --iterations 15 |
        python3 -c 'import json,sys; m = json.load(sys.stdin); print("peer  ", m["fit_seconds"], m["recommend_seconds"], m["metrics"])'
done
