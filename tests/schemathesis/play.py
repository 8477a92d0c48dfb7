"""Sends valid and invalid requests of the OpenAPI document to a running service, with a key of each role.

    python3 tests/schemathesis/play.py --program target/release/zhihui --examples 50 --seed 1

Needs `schemathesis` (requirements.txt). Creates a home unless one is given. A given home is changed: erasures of members are
requested. All checks are on; schemathesis.toml lists exceptions of single operations with reasons. The exit code is 1 after any
finding.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "faults"))
from program import Program, Server  # noqa: E402

SAMPLE = "--members 300 --unions 20 --days 20 --seed 7 --as-of 2026-11-10".split()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/zhihui")
    parser.add_argument("--home", default=None, help="a home with a published snapshot; it is changed")
    parser.add_argument("--as-of", default=None, help="the instant at which a home of one's own is served")
    parser.add_argument("--roles", default="admin,backend,staff,leader")
    parser.add_argument("--examples", type=int, default=50, help="requests of each kind to each operation")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful", help="the first two depend on the document alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", default=None, help="folder for reports in JUnit's form")
    return parser.parse_args()


def main():
    args = arguments()
    scratch = tempfile.mkdtemp(prefix="zhihui-schemathesis-")
    program = Program(args.program, scratch)
    home, as_of = args.home, args.as_of
    if home is None:
        home, as_of, sample = program.home(), "2026-11-10", os.path.join(scratch, "sample")
        for words in (["sample", "--out", sample, *SAMPLE], ["run", sample, "--as-of", as_of]):
            code, _, err = program.run(home, *words)
            if code != 0:
                sys.exit(f"{words[0]} ended with {code}: {err[-800:]}")
    keys = {role: program.json(home, "key", "add", f"schemathesis-{role}", "--scope", role)[1]["key"] for role in args.roles.split(",")}
    server = Server(program, home, *(["--as-of", as_of] if as_of else []))
    failed = []
    try:
        for role, key in keys.items():
            print(f"as {role}", flush=True)
            words = ["st", "--config-file", os.path.join(HERE, "schemathesis.toml"), "run", f"http://{server.address}/openapi.json"]
            # As through a proxy: programs on this machine may read /metrics without a key.
            words += ["--header", f"Authorization: Bearer {key}", "--header", "X-Forwarded-For: 203.0.113.7", "--seed", str(args.seed), "--max-examples", str(args.examples), "--phases", args.phases]
            if args.report:
                words += ["--report", "junit", "--report-junit-path", os.path.join(args.report, f"{role}.xml")]
            done = subprocess.run(words, capture_output=True, text=True, cwd=scratch)
            if done.returncode != 0:
                failed.append(role)
                print(done.stdout + done.stderr, flush=True)
            else:
                print("\n".join(done.stdout.strip().splitlines()[-6:]), flush=True)
    finally:
        server.kill()
    panics = [line for line in server.said if "panicked" in line]
    print(f"findings as {', '.join(failed) or 'nobody'}; {len(panics)} panics in the log of the service")
    shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(bool(failed or panics))


if __name__ == "__main__":
    main()
