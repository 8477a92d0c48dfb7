#!/usr/bin/env bash
# Events, lists and a run of the pipeline at the same time, at fixed rates: bench/load.sh HOME
#   SECONDS_EACH=30 EVENTS=10000 LISTS=500 SLOW=50 bench/load.sh HOME
#   EVENTS=200 LISTS=50 bench/load.sh HOME soak [MINUTES]    a run every five minutes; memory and open files must not grow
source "$(dirname "$0")/common.sh"
home=${1:?a home with a published snapshot}
mode=${2:-load}
minutes=${3:-30}
seconds=${SECONDS_EACH:-30}
address=127.0.0.1:${PORT:-18090}
key=$("$zhihui" --home "$home" --json key add load --scope backend | python3 -c 'import json,sys; print(json.load(sys.stdin)["key"])')
"$zhihui" --home "$home" serve --listen "$address" 2>"$work/serve.log" &
service=$!
for _ in $(seq 600); do curl -sf "http://$address/readyz" >/dev/null && break; sleep 0.1; done
sql() {
    "$zhihui" --home "$home" --json sql "$1" |
        python3 -c 'import json,sys; [print("\t".join(row.values())) for row in json.load(sys.stdin)]'
}
sql "select member_id from member_states limit 50000" > "$work/members"
sql "select article_id, 'article' as kind from articles order by published_at desc limit 300" > "$work/items"
sql "select activity_id, 'activity' as kind from activities order by starts_at desc limit 30" >> "$work/items"

load() {
    "$target/release/examples/load" "$address" "$key" "$work/members" "$work/items" \
        "events=${EVENTS:-10000}" "lists=${LISTS:-500}" "$@" >> "$work/figures.jsonl"
}
memory() { echo "  service: $(awk '/VmRSS/ {print int($2 / 1024)}' /proc/$service/status) MB, $(ls /proc/$service/fd | wc -l) open files"; }

if [ "$mode" = soak ]; then
    load "seconds=$((minutes * 60))" &
    loading=$!
    while kill -0 $loading 2>/dev/null; do
        [ $((SECONDS % 300)) -lt 5 ] && "$zhihui" --home "$home" run >/dev/null 2>>"$work/run.log" &
        echo "$SECONDS $(awk '/VmRSS/ {print $2}' /proc/$service/status) $(ls /proc/$service/fd | wc -l)" >> "$work/samples"
        sleep 5
    done
    python3 - "$work/samples" <<'PY'
import sys
rows = [tuple(map(int, line.split())) for line in open(sys.argv[1])]
late = [row for row in rows if row[0] >= rows[-1][0] / 3]
mean = lambda values: sum(values) / len(values)
for minute in range(0, rows[-1][0] // 60 + 1, 5):
    part = [row[1] for row in rows if minute <= row[0] // 60 < minute + 5]
    if part:
        print(f"from minute {minute}: {min(part) // 1024} to {max(part) // 1024} MB, mean {mean(part) / 1024:.0f} MB")
at, kb = mean([row[0] for row in late]), mean([row[1] for row in late])
slope = sum((t - at) * (m - kb) for t, m, _ in late) / sum((t - at) ** 2 for t, _, _ in late)
print(f"memory of the service: {rows[0][1] // 1024} MB at first, {min(r[1] for r in late) // 1024} to {max(r[1] for r in late) // 1024} MB")
print(f"in the last two thirds: {slope * 3600 / 1024:+.1f} MB an hour; open files {min(r[2] for r in late)} to {max(r[2] for r in late)}")
PY
else
    echo "events and lists:"; load "seconds=$seconds"; memory
    echo "the same beside a run:"
    measure run "$zhihui" --home "$home" run &
    running=$!
    load "seconds=$seconds"; memory
    echo "the same beside ${SLOW:-50} clients with slow headers and as many with slow bodies:"
    load "seconds=$seconds" "slow=${SLOW:-50}"; memory
    wait $running
fi
[ -z "${FIGURES:-}" ] || cp "$work/figures.jsonl" "$FIGURES"
