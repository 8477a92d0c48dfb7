#!/usr/bin/env python3
"""Machines with one lake in versitygw, killed, paused and cut off at random; prints figures, and fails if a row is lost or doubled.

A short form of this runs in `tests/it/s3_lake.rs`. Needs versitygw on the PATH.
"""

import argparse
import json
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

SETTINGS = """[lake]
url = "s3://lake/zhihui"
lease_seconds = 2
[lake.options]
endpoint = "http://127.0.0.1:{port}"
region = "us-east-1"
access_key_id = "key"
secret_access_key = "secret"
allow_http = "true"
[ingest]
commit_rows = 500
"""


class Store:
    """versitygw on a free port, with the bucket `lake`."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "lake").mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self):
        address = f"127.0.0.1:{self.port}"
        words = ["versitygw", "--access", "key", "--secret", "secret", "--port", address, "--quiet", "posix", self.folder]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        sys.exit("versitygw does not listen")

    def kill(self):
        self.process.kill()
        self.process.wait()


class Machine:
    """A home of its own over the shared lake."""

    def __init__(self, program, folder, port):
        self.program, self.folder, self.home = program, folder, folder / "home"
        subprocess.run([program, "--home", self.home, "init"], check=True, capture_output=True)
        (self.home / "zhihui.toml").write_text(SETTINGS.format(port=port))

    def start(self, *words):
        command = [self.program, "--home", self.home, *words]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *words):
        process = self.start(*words)
        said = process.communicate()[0]
        return process.returncode, said

    def count(self, what):
        code, said = self.run("--json", "sql", f"select {what} as n from raw_reads")
        if code != 0:
            sys.exit(f"sql: {said}")
        return json.loads(said[said.index("["):])[0]["n"]

    def reads(self, name, first, rows):
        path = self.folder / name
        lines = (f"r{n},m{n % 97},a{n % 31},2026-11-{n % 19 + 1:02} 08:00:00\n" for n in range(first, first + rows))
        path.write_text("event_id,member_id,article_id,read_at\n" + "".join(lines))
        return path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--machines", type=int, default=3)
    parser.add_argument("--rows", type=int, default=4000, help="rows of a file")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    figures = {"rounds": 0, "killed": 0, "paused": 0, "store_killed": 0, "refused": 0, "longest_round_seconds": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        store = Store(folder / "store")
        try:
            machines = []
            for number in range(options.machines):
                (folder / f"m{number}").mkdir()
                machines.append(Machine(options.program, folder / f"m{number}", store.port))
            first = 0
            for _ in range(options.rounds):
                first = one_round(store, machines, first, options.rows, chance, figures)
                print(json.dumps(figures), flush=True)
        finally:
            store.kill()


def one_round(store, machines, first, rows, chance, figures):
    started = time.monotonic()
    files = []
    for machine in machines:
        files.append(machine.reads(f"reads-{first}.csv", first, rows))
        first += rows
    running = [machine.start("ingest", file) for machine, file in zip(machines, files)]
    paused = []
    for _ in range(chance.randint(1, 4)):
        time.sleep(chance.uniform(0.02, 0.9))
        process = chance.choice(running)
        what = chance.choice(["killed", "paused", "store_killed"])
        if what == "store_killed":
            store.kill()
            time.sleep(chance.uniform(0.0, 0.5))
            store.start()
        elif process.poll() is not None:
            continue
        elif what == "killed":
            process.send_signal(signal.SIGKILL)
        else:
            process.send_signal(signal.SIGSTOP)
            paused.append((process, time.monotonic() + chance.uniform(0.5, 5.0)))
        figures[what] += 1
    for process, until in paused:
        time.sleep(max(0.0, until - time.monotonic()))
        process.send_signal(signal.SIGCONT)
    for process in running:
        process.communicate()
        figures["refused"] += process.returncode in (1, 2)
    # Vacuum that keeps nothing: files of a version must still be there afterwards.
    code, said = chance.choice(machines).run("maintain", "--keep-hours", "0")
    if code != 0:
        sys.exit(f"maintain: {said}")
    for machine, file in zip(machines, files):
        code, said = machine.run("ingest", file)
        if code != 0:
            sys.exit(f"ingest again: {said}")
    found = (machines[0].count("count(*)"), machines[-1].count("count(distinct event_id)"))
    if found != (first, first):
        sys.exit(f"{first} rows were ingested, {found} are there: {figures}")
    figures["rounds"] += 1
    figures["rows"] = first
    figures["longest_round_seconds"] = round(max(figures["longest_round_seconds"], time.monotonic() - started), 1)
    return first


if __name__ == "__main__":
    main()
