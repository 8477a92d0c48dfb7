#!/usr/bin/env bash
# The metrics beside an independent implementation on random files: bench/metrics.sh PEER.py [ROUNDS]
# PEER.py is given --train F --test F --model popular --k 1,5,20 and prints {"metrics": {...}}.
source "$(dirname "$0")/common.sh"
peer=${1:?peer program}
rounds=${2:-20}
folder=$work
for round in $(seq "$rounds"); do
    python3 - "$round" "$folder" <<'PYTHON'
import random, sys
seed, folder = int(sys.argv[1]), sys.argv[2]
random.seed(seed)
users, items = random.randint(2, 80), random.randint(3, 60)
pairs = sorted({(random.randrange(users), int(items * random.random() ** 2)) for _ in range(users * 8)})
random.shuffle(pairs)
cut = int(len(pairs) * .7)
train = sorted(pairs[:cut])
known = {user for user, _ in train}
test = sorted(pair for pair in pairs[cut:] if pair[0] in known)
for name, rows in (("train", train), ("test", test)):
    with open(f"{folder}/{name}.csv", "w") as file:
        file.write("user_id,item_id\n" + "".join(f"{user},{item}\n" for user, item in rows))
PYTHON
    "$zhihui" --json evaluate --train "$folder/train.csv" --test "$folder/test.csv" --models popular --k 1,5,20 >"$folder/ours.json"
    python3 "$peer" --train "$folder/train.csv" --test "$folder/test.csv" --model popular --k 1,5,20 >"$folder/theirs.json"
    python3 - "$folder" "$round" <<'PYTHON'
import json, sys
folder, seed = sys.argv[1:]
ours = json.load(open(f"{folder}/ours.json"))["models"][0]["metrics"]
theirs = json.load(open(f"{folder}/theirs.json"))["metrics"]
worst = max(abs(ours[name] - value) for name, value in theirs.items())
print(f"seed {seed}: {len(theirs)} metrics, largest difference {worst:.1e}")
sys.exit(worst > 1.01e-5)
PYTHON
done
