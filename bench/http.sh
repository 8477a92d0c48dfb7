#!/usr/bin/env bash
# Recommendations for random members beside a handler that returns a constant of the same size: bench/http.sh HOME
source "$(dirname "$0")/common.sh"
home=${1:?a home with a published snapshot}
seconds=${SECONDS_EACH:-10}
connections=${CONNECTIONS:-16}
# KIND=article scores articles alone: about 300 items of the demo instead of about 500.
query="n=10${KIND:+&kind=$KIND}"
key=$("$zhihui" --home "$home" --json key add bench --scope backend | python3 -c 'import json,sys; print(json.load(sys.stdin)["key"])')
"$zhihui" --home "$home" serve --listen 127.0.0.1:18080 2>"$work/serve.log" &
for _ in $(seq 100); do curl -sf http://127.0.0.1:18080/readyz >/dev/null && break; sleep 0.1; done
"$zhihui" --home "$home" --json sql "select member_id from member_states limit 20000" > "$work/members.json"
python3 - "$work/members.json" "$key" "$work" "$query" <<'PY'
import json, random, sys
random.seed(1)
members, key, work, query = sys.argv[1:]
ids = [row["member_id"] for row in json.load(open(members))]
random.shuffle(ids)
with open(f"{work}/members.lua", "w") as lua:
    lua.write("local ids = {" + ",".join(json.dumps(i) for i in ids) + "}\nlocal requests, at = {}, 0\n")
    lua.write(f"""init = function() for i, id in ipairs(ids) do
        requests[i] = wrk.format("GET", "/v1/recommendations?{query}&member_id=" .. id, {{["Authorization"] = "Bearer {key}"}})
    end end
    request = function() at = at % #ids + 1; return requests[at] end""")
PY
member=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[0]["member_id"])' "$work/members.json")
bytes=$(curl -s -H "Authorization: Bearer $key" "http://127.0.0.1:18080/v1/recommendations?$query&member_id=$member" | wc -c)
"$target/release/examples/constant" 127.0.0.1:18081 "$bytes" &
sleep 0.5
load() { wrk -t1 -c"$connections" -d"${seconds}s" --latency -s "$work/members.lua" "http://127.0.0.1:$1/" > "$work/wrk.log"; grep -E 'Requests/sec|99%|50%|Non-2xx' "$work/wrk.log"; }
for round in 1 2 3; do
    echo "round $round, answers of about $bytes bytes, $connections connections, $seconds s each"
    echo "constant:"; load 18081
    echo "zhihui:"; load 18080
done
# A client at a fixed rate would take the processor from the service; fewer connections that wait for their answers do not.
for few in 1 2; do
    echo "zhihui with $few connections:"
    connections=$few load 18080
done
