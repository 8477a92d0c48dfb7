"""Runs the real program: copies homes, kills commands, starts a service and sends events to it."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import processes

TIMEOUT = 300  # seconds; a command that needs longer counts as blocked


class Blocked(Exception):
    """A command did not end in time."""


class Program:
    """The program under test. Every command leads a process group, none of which may outlive it."""

    def __init__(self, path, scratch):
        self.path = os.path.abspath(path)
        self.scratch = scratch
        self.count = 0
        self.running, self.left = {}, []

    def home(self, stage=None):
        """Creates a home: a copy of another, or an unused path."""
        self.count += 1
        folder = os.path.join(self.scratch, f"home-{self.count}")
        if stage:
            shutil.copytree(stage, folder, symlinks=True)
        return folder

    def start(self, home, *words, stdin=None, stdout=subprocess.DEVNULL):
        process = subprocess.Popen([self.path, "--home", home, *words], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
                                   start_new_session=True)
        self.running[process] = " ".join(words)
        return process

    def ended(self, process):
        """Checks that the children of an ended process have ended too."""
        words = self.running.pop(process)
        self.left += [f"`{words}` ended and left a process behind: {other}" for other in processes.left_of(process.pid)]

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.ended(process)

    def end(self):
        """Kills processes that a scenario left running; returns those that outlived their command or hold files of the homes."""
        for process, words in list(self.running.items()):
            self.left.append(f"`{words}` was still running at the end")
            self.kill(process)
        held = processes.holding(self.scratch)
        wrong, self.left = self.left + [f"still held: {who}" for who in held], []
        return wrong

    def run(self, home, *words, stdin=None):
        """Runs a command to its end; returns exit code, stdout and stderr."""
        process = self.start(home, *words, stdin=subprocess.PIPE if stdin else None, stdout=subprocess.PIPE)
        try:
            out, err = process.communicate(stdin, TIMEOUT)
        except subprocess.TimeoutExpired as error:
            self.kill(process)
            raise Blocked(f"`{' '.join(words)}` was not done after {TIMEOUT} s") from error
        self.ended(process)
        return process.returncode, out.decode(), err.decode()

    def json(self, home, *words):
        """Returns exit code, JSON value (or None) and the last lines of stderr."""
        code, out, err = self.run(home, "--json", *words)
        try:
            return code, json.loads(out), err[-600:]
        except ValueError:
            return code, None, err[-600:]

    def killed(self, home, seconds, *words):
        """Starts a command and kills it with SIGKILL after a delay; returns whether it was still running, and its exit code."""
        process = self.start(home, *words)
        reader = threading.Thread(target=process.stderr.read, daemon=True)
        reader.start()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill(process)
            return True, None
        self.ended(process)
        return False, process.returncode

    def seconds_of(self, home, *words):
        """Returns the duration of a command that must succeed."""
        began = time.monotonic()
        code, _, err = self.run(home, *words)
        if code != 0:
            raise SystemExit(f"{' '.join(words)} ended with {code}: {err[-800:]}")
        return time.monotonic() - began


class Server:
    """A running service of a home."""

    def __init__(self, program, home, *words):
        self.program = program
        self.process = program.start(home, "serve", "--listen", "127.0.0.1:0", *words)
        self.said, self.address = [], None
        began = time.monotonic()
        while self.address is None:
            line = self.process.stderr.readline().decode()
            self.said.append(line)
            if not line or time.monotonic() - began > TIMEOUT:
                raise Blocked(f"serve did not start: {''.join(self.said)[-600:]}")
            found = re.search(r"http://([^/ ]+)/", line)
            self.address = found and found.group(1)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stderr:
            self.said.append(line.decode())

    def kill(self):
        self.program.kill(self.process)

    def ask(self, method, path, key, body=None, connection=None, raw=False):
        """Returns status and JSON (or bytes); raises OSError or HTTPException without a response."""
        own = connection is None
        connection = connection or self.connection()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        if own:
            connection.close()
        return answer.status, text if raw else json.loads(text) if text else None

    def connection(self):
        return http.client.HTTPConnection(self.address, timeout=TIMEOUT)


class Teller(threading.Thread):
    """Posts batches of events until the service stops answering; records acknowledged and unconfirmed batches."""

    def __init__(self, server, key, batches):
        super().__init__(daemon=True)
        self.server, self.key, self.batches = server, key, batches
        self.acknowledged, self.open, self.wrong = [], [], []
        self.stopping = False

    def run(self):
        try:
            connection = self.server.connection()
            while not self.stopping:
                batch = next(self.batches)
                self.open.append(batch)
                status, answer = self.server.ask("POST", "/v1/events", self.key, {"events": batch}, connection)
                if status == 200 and answer["accepted"] == len(batch):
                    self.acknowledged.append(self.open.pop())
                elif status == 200:
                    self.wrong.append(f"new events were not all accepted: {str(answer)[:300]}")
                    self.open.pop()
                elif status != 503:
                    self.wrong.append(f"status {status}: {str(answer)[:300]}")
        except (OSError, http.client.HTTPException, ValueError):
            pass  # killed
