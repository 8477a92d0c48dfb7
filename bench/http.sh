#!/usr/bin/env bash
# Recommendations for random members beside a handler that returns a constant of the same size: bench/http.sh HOME
source "$(dirname "$0")/common.sh"
home=${1:?a home with a published snapshot}
seconds=${SECONDS_EACH:-10}
connections=${CONNECTIONS:-16}
key=$("$zhihui" --home "$home" --json key add bench --scope backend | python3 -c 'import json,sys; print(json.load(sys.stdin)["key"])')
"$zhihui" --home "$home" serve --listen 127.0.0.1:18080 2>"$work/serve.log" &
for _ in $(seq 100); do curl -sf http://127.0.0.1:18080/readyz >/dev/null && break; sleep 0.1; done
"$zhihui" --home "$home" --json sql "select member_id from member_states limit 20000" > "$work/members.json"
python3 - "$work/members.json" "$key" > "$work/members.lua" <<'PY'
import json, random, sys
random.seed(1)
ids = [row["member_id"] for row in json.load(open(sys.argv[1]))]
random.shuffle(ids)
print("local ids = {" + ",".join(json.dumps(i) for i in ids) + "}")
print("local at = 0")
print('request = function() at = at % #ids + 1; return wrk.format("GET", "/v1/recommendations?n=10&member_id=" .. ids[at], '
      f'{{["Authorization"] = "Bearer {sys.argv[2]}"}}) end')
PY
member=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[0]["member_id"])' "$work/members.json")
bytes=$(curl -s -H "Authorization: Bearer $key" "http://127.0.0.1:18080/v1/recommendations?n=10&member_id=$member" | wc -c)
"$target/release/examples/constant" 127.0.0.1:18081 "$bytes" &
sleep 0.5
for round in 1 2 3; do
    echo "round $round, answers of about $bytes bytes, $connections connections, $seconds s each"
    echo "constant:"; wrk -t1 -c"$connections" -d"${seconds}s" --latency http://127.0.0.1:18081/ | grep -E 'Requests/sec|99%|50%'
    echo "zhihui:"; wrk -t1 -c"$connections" -d"${seconds}s" --latency -s "$work/members.lua" http://127.0.0.1:18080/ | grep -E 'Requests/sec|99%|50%|Non-2xx'
done
