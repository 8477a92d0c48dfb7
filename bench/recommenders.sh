#!/usr/bin/env bash
# iALS and item-kNN beside a peer program, seconds to fit and to list the best 20 for everybody, medians of ROUNDS (3):
# bench/recommenders.sh TRAIN TEST PEER.py
# PEER.py takes --train F --test F --model als|cosine|bm25|tfidf [--factors N] and prints fit_seconds, recommend_seconds and
# metrics. RAYON_NUM_THREADS sets our threads, THREADS the peer's; OpenBLAS stays at one, as the peer's authors advise.
source "$(dirname "$0")/common.sh"
train=${1:?training file}
test=${2:?test file}
peer=${3:?peer program}
compare() {
    local name=$1 ours=$2 theirs=$3
    for round in $(seq "${ROUNDS:-3}"); do
        "$zhihui" --json evaluate --train "$train" --test "$test" --k 10,20 $ours >"$work/ours-$round.json"
        OPENBLAS_NUM_THREADS=1 python3 "$peer" --train "$train" --test "$test" --threads "${THREADS:-0}" $theirs >"$work/theirs-$round.json"
    done
    python3 - "$name" "$work" "${ROUNDS:-3}" <<'PYTHON'
import json, statistics, sys
name, work, rounds = sys.argv[1:]
rounds = range(1, int(rounds) + 1)
ours = [json.load(open(f"{work}/ours-{n}.json"))["models"][0] for n in rounds]
theirs = [json.load(open(f"{work}/theirs-{n}.json")) for n in rounds]
def line(what):
    pairs = [(a[what], b[what]) for a, b in zip(ours, theirs)]
    mine, other = (statistics.median(side) for side in zip(*pairs))
    ratios = " ".join(f"{a / b:.2f}" for a, b in pairs)
    return f"{what} {mine:.2f} beside {other:.2f}, ratios {ratios}"
print(f"{name}: {line('fit_seconds')}; {line('recommend_seconds')}; "
      f"ndcg@20 {ours[0]['metrics']['ndcg@20']:.4f} beside {theirs[0]['metrics']['ndcg@20']:.4f}")
PYTHON
}
for factors in 64 128 256; do
    compare "ials $factors" "--models ials --set ials.factors=$factors --set ials.sweeps=15" "--model als --iterations 15 --factors $factors"
done
for weighting in cosine bm25 tf_idf; do
    compare "item_knn $weighting" "--models item_knn --set item_knn.neighbours=20 --set item_knn.weighting=$weighting" "--model ${weighting/_/} --neighbours 20"
done
