# Shared by the scripts of this folder: where the program is, and how a process is measured.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$([ -d "$HOME/.cache/zhihui/target" ] && echo "$HOME/.cache/zhihui/target" || echo "$root/target")}
zhihui=$target/release/zhihui
[ -x "$zhihui" ] || { echo "build first: cargo build --release --workspace" >&2; exit 2; }
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

# measure NAME COMMAND…: seconds and peak memory of a whole process to stdout; the command's own output goes aside.
measure() {
    local name=$1; shift
    python3 - "$name" "$work/$name.log" "$@" <<'PY'
import resource, subprocess, sys, time
name, log, *command = sys.argv[1:]
began = time.perf_counter()
with open(log, "w") as out:
    code = subprocess.call(command, stdout=out, stderr=subprocess.STDOUT)
seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(f"{name}: {seconds:.2f} s, {peak} MB, exit {code}")
if code:
    sys.stderr.write(open(log).read()[-2000:])
    sys.exit(code)
PY
}
