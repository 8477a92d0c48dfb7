#!/usr/bin/env bash
# Audiences in a union of a million members and 50 million reads, beside DuckDB: bench/audience.sh [PYTHON [MEMBERS]]
# PYTHON is a Python with duckdb and numpy; without it only the engine runs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${1:-}
members=${2:-1000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
cargo bench -p zhihui-engine --bench audience -- --members "$members" ${python:+--facts "$work"}
[ -z "$python" ] || "$python" "$root/bench/audience.py" "$work"
