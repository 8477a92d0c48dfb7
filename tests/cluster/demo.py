"""Runs a night on a cluster on this machine: a scheduler and two executors on loopback, one of which is killed in the middle.
Then compares every built table with those of a night on one machine. Ends with code 1 if they differ.

    demo.py ZHIHUI [--members 3000] [--unions 100] [--s3 MOTO_SERVER] [--keep-both]
"""

import argparse
import csv
import json
import math
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

AS_OF = "2026-11-29T00:00:00+08:00"
# Jobs of which the first executor has intermediate results when it is killed.
JOBS_BEFORE_THE_KILL = 20
# Sums of other parts round otherwise.
ROUNDING = 1e-9
csv.field_size_limit(1 << 24)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("zhihui")
    arguments.add_argument("--members", type=int, default=3000)
    arguments.add_argument("--unions", type=int, default=100)
    arguments.add_argument("--s3", metavar="MOTO_SERVER", help="the lake of the cluster is in a bucket of this server")
    arguments.add_argument("--keep-both", action="store_true", help="kill no executor")
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="zhihui-cluster-") as folder:
        demo = Demo(arguments, pathlib.Path(folder))
        try:
            return demo.run()
        finally:
            demo.stop()


class Demo:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.zhihui = str(pathlib.Path(arguments.zhihui).resolve())
        self.processes = {}

    def run(self):
        files, alone, together = (self.folder / name for name in ["files", "alone", "together"])
        sizes = ["--members", str(self.arguments.members), "--unions", str(self.arguments.unions), "--seed", "7"]
        self.call("sample", "--out", files, *sizes)
        self.call("init", home=alone)
        seconds = self.night(alone, files)
        print(f"one machine: build {seconds['build']:.1f} s")
        self.call("init", home=together)
        settings = self.lake_settings() + self.start_machines(together)
        with open(together / "zhihui.toml", "a", encoding="utf-8") as target:
            target.write(settings)
        self.start_executors(together)
        seconds = self.night(together, files, during=None if self.arguments.keep_both else self.kill_one)
        print(f"cluster: build {seconds['build']:.1f} s")
        return self.compare(alone, together)

    def call(self, *words, home=None):
        where = ["--home", home] if home else []
        return subprocess.run([self.zhihui, *where, *words], check=True, capture_output=True, text=True).stdout

    def night(self, home, files, during=None):
        """Ingests, builds, trains and publishes; returns the seconds of the steps."""
        words = ["--home", home, "--json", "run", files, "--budget", "0s", "--as-of", AS_OF]
        night = subprocess.Popen([self.zhihui, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if during:
            during(night)
        out, err = night.communicate()
        if night.returncode not in (0, 1) or not out:
            raise SystemExit(f"the run ended with {night.returncode}: {err[-3000:]}\n{self.logs()}")
        for line in err.splitlines():
            if "the cluster cannot run this plan" in line:
                print(line[:400])
        steps = {step["step"]: step for step in json.loads(out)["steps"]}
        if "build" not in steps:
            raise SystemExit(f"nothing was built: {out[-2000:]}\n{err[-3000:]}")
        return {name: step["seconds"] for name, step in steps.items()}

    def lake_settings(self):
        if not self.arguments.s3:
            return ""
        port = free_port()
        self.start("moto", [self.arguments.s3, "-H", "127.0.0.1", "-p", str(port)])
        endpoint = f"http://127.0.0.1:{port}"
        wait_for_port(port)
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/union", method="PUT"), timeout=10)
        return (
            '\n[lake]\nurl = "s3://union/zhihui"\n[lake.options]\n'
            f'endpoint = "{endpoint}"\nregion = "us-east-1"\naccess_key_id = "id"\nsecret_access_key = "secret"\n'
            'allow_http = "true"\n'
        )

    def start_machines(self, home):
        """Starts the scheduler and returns the settings that name it."""
        port = free_port()
        words = ["--home", home, "scheduler", "--listen", f"127.0.0.1:{port}", "--executor-timeout", "10"]
        self.start("scheduler", [self.zhihui, *words])
        wait_for_port(port)
        return f'\n[cluster]\nscheduler = "df://127.0.0.1:{port}"\npartitions = 4\n'

    def start_executors(self, home):
        for name in ["executor 1", "executor 2"]:
            port, work = free_port(), self.folder / name
            words = ["executor", "--listen", f"127.0.0.1:{port}", "--host", "127.0.0.1", "--threads", "2"]
            self.start(name, [self.zhihui, "--home", home, *words, "--memory", "512", "--work-dir", work])
            wait_for_port(port)

    def start(self, name, command):
        log = open(self.folder / f"{name}.log", "w", encoding="utf-8")
        environment = {**os.environ, "ZHIHUI_LOG": "warn,zhihui=info", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        print(f"{name}: process {self.processes[name].pid}")

    def kill_one(self, night):
        """Kills an executor once it holds results of some jobs, while the night runs."""
        work = self.folder / "executor 1"
        while night.poll() is None:
            if work.is_dir() and len(list(work.iterdir())) >= JOBS_BEFORE_THE_KILL:
                self.processes["executor 1"].send_signal(signal.SIGKILL)
                print(f"executor 1 was killed; {len(list(work.iterdir()))} folders of jobs were in its work folder")
                return
            time.sleep(0.02)
        raise SystemExit(f"the night ended before an executor was killed\n{self.logs()}")

    def compare(self, alone, together):
        listed = json.loads(self.call("--json", "sql", "show tables", home=alone))
        # The state has fingerprints, which differ with the names of the raw files.
        names = [row["table"] for row in listed if row["table"] != "build_state"]
        tables = [name for name in names if (alone / "lake" / "built" / name).is_dir()]
        differing = 0
        for table in tables:
            expected, found = self.rows(alone, table), self.rows(together, table)
            why = difference(expected, found)
            differing += why is not None
            print(f"{table}: {len(found)} rows, {why or 'equal'}")
        print(f"{len(tables)} tables compared, {differing} differ")
        return 1 if differing or len(tables) < 15 else 0

    def rows(self, home, table):
        out = self.folder / "rows.csv"
        self.call("sql", f"select * from {table}", "--out", out, home=home)
        with open(out, encoding="utf-8-sig", newline="") as source:
            rows = [[cell_of(cell) for cell in row] for row in csv.reader(source)]
        header, rows = rows[0], rows[1:]
        order = sorted(range(len(header)), key=lambda at: header[at])
        key = lambda row: [f"{cell:.5e}" if isinstance(cell, float) else cell for cell in row]
        return sorted(([row[at] for at in order] for row in rows), key=key)

    def logs(self):
        names = [path for path in self.folder.iterdir() if path.suffix == ".log"]
        return "\n".join(f"== {path.name}\n{path.read_text(encoding='utf-8')[-3000:]}" for path in names)

    def stop(self):
        for process in self.processes.values():
            process.kill()
            process.wait()


def cell_of(text):
    if "." in text or "e" in text:
        try:
            return float(text)
        except ValueError:
            pass
    return text


def difference(expected, found):
    if len(expected) != len(found):
        return f"{len(expected)} rows on one machine"
    for left, right in zip(expected, found):
        for one, other in zip(left, right):
            is_number = isinstance(one, float) and isinstance(other, float)
            if not (math.isclose(one, other, rel_tol=ROUNDING) if is_number else one == other):
                return f"{other!r} instead of {one!r}"
    return None


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing listens on port {port} after {seconds} s")


if __name__ == "__main__":
    sys.exit(main())
