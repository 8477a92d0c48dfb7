"""Kills the program at random moments and checks that nothing was lost, doubled or left locked.

    python3 tests/faults/kill_loop.py --program target/release/zhihui --runs 300 --seed 1

The exit code is 1 after any violation; its home is kept and named. A scenario depends only on its seed, except for the exact
moment of a kill: `--only drain --seed S --runs 1` repeats one.
"""

import argparse
import copy
import os
import random
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import scenarios
from program import Program


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/zhihui")
    parser.add_argument("--runs", type=int, default=300, help="number of scenarios; most kill more than once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=None, help="stop after this many minutes")
    parser.add_argument("--jobs", type=int, default=1, help="concurrent scenarios, each in a separate home")
    parser.add_argument("--only", choices=sorted(scenarios.ALL), default=None)
    parser.add_argument("--scratch", default=None, help="folder for the homes, in memory for speed; default: a temporary one")
    return parser.parse_args()


def main():
    args = arguments()
    began, scratch = time.monotonic(), tempfile.mkdtemp(prefix="zhihui-faults-", dir=args.scratch)
    program = Program(args.program, scratch)
    sample = os.path.join(scratch, "sample")
    words = "--members 300 --unions 20 --days 20 --seed 7 --as-of 2026-11-10".split()
    code, _, err = program.run(scratch, "sample", "--out", sample, *words)
    if code != 0:
        sys.exit(f"sample ended with {code}: {err}")
    stages = scenarios.Stages(program, sample)
    print("without kills: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in stages.seconds.items()), flush=True)
    names = [args.only] if args.only else [name for name, (_, weight) in scenarios.ALL.items() for _ in range(weight)]
    until = began + args.minutes * 60 if args.minutes else None

    def play(seed):
        if until and time.monotonic() > until:
            return None
        rng, start = random.Random(seed), time.monotonic()
        name, folder = rng.choice(names), os.path.join(scratch, f"seed-{seed}")
        os.mkdir(folder)
        mine = copy.copy(stages)
        mine.program = Program(args.program, folder)
        kills, wrong = scenarios.guarded(scenarios.ALL[name][0], mine, rng)
        wrong += mine.program.end()
        for line in wrong:
            print(f"seed {seed} {name}: {line}", flush=True)
        if wrong:
            print(f"  kept: {folder}", flush=True)
        else:
            shutil.rmtree(folder)
        return name, kills, len(wrong), time.monotonic() - start

    table = {}
    with ThreadPoolExecutor(args.jobs) as pool:
        for name, *numbers in filter(None, pool.map(play, range(args.seed, args.seed + args.runs))):
            row = table.setdefault(name, [0, 0, 0, 0.0])
            table[name] = [before + more for before, more in zip(row, [1, *numbers])]
    print(f"\n{'scenario':<10} {'played':>7} {'kills':>7} {'violations':>11} {'seconds':>9}")
    for name, (played, kills, wrong, seconds) in sorted(table.items()):
        print(f"{name:<10} {played:>7} {kills:>7} {wrong:>11} {seconds:>9.0f}")
    total = [sum(row[at] for row in table.values()) for at in range(4)]
    print(f"{'all':<10} {total[0]:>7} {total[1]:>7} {total[2]:>11} {total[3]:>9.0f}")
    left = program.end()
    if left or total[2]:
        sys.exit("\n".join(left) or 1)
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
