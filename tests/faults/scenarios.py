"""Scenarios: what is killed, and what must hold afterwards. Each returns (effective kills, violations)."""

import os
import time
import traceback

import invariants
import rebuild
from events import Source
from program import Blocked, Server, Teller

AS_OF = "2026-11-10"
NOON = "2026-11-10T12:00:00+08:00"
NEXT_DAY = "2026-11-11"


class Stages:
    """Idle homes from which scenarios start, and their expected state."""

    def __init__(self, program, sample):
        self.program, self.sample, self.seconds = program, sample, {}
        self.empty = program.home()
        program.run(self.empty, "init")
        self.ingested = program.home(self.empty)
        self.seconds["ingest"] = program.seconds_of(self.ingested, "ingest", sample)
        self.built = program.home(self.ingested)
        self.seconds["build"] = program.seconds_of(self.built, "build", "--as-of", AS_OF)
        self.trained = program.home(self.built)
        self.seconds["train"] = program.seconds_of(self.trained, "train", "--as-of", AS_OF)
        self.published = program.home(self.trained)
        self.seconds["publish"] = program.seconds_of(self.published, "publish")
        program.seconds_of(self.published, "run", "--as-of", AS_OF)
        _, made, _ = program.json(self.published, "key", "add", "backend", "--scope", "backend")
        self.key = made["key"]
        again = program.home(self.published)
        self.seconds["run"] = program.seconds_of(again, "run", "--as-of", NEXT_DAY)
        self.seconds["maintain"] = program.seconds_of(again, "maintain", "--keep-hours", "0")
        self.seconds["backup"] = program.seconds_of(again, "backup", again + "-copy")
        self.counts = invariants.counts(program, self.published)
        self.content = {table: invariants.content(program, self.published, table) for table in invariants.CONTRACT}
        _, rows, _ = program.json(self.published, "sql", "select member_id from members order by 1")
        self.members = [row["member_id"] for row in rows]
        _, rows, _ = program.json(self.published, "sql", "select openid from members where openid is not null order by 1")
        self.openids = [row["openid"] for row in rows]
        self.answers = self.answers_of(self.published)
        _, rows, _ = program.json(self.published, "sql", "select article_id from articles order by 1")
        self.articles = [row["article_id"] for row in rows]
        _, rows, _ = program.json(self.published, "sql", "select activity_id from activities order by 1")
        activities = [row["activity_id"] for row in rows]
        _, rows, _ = program.json(self.published, "sql", "select member_id, activity_id from sign_ups")
        taken = {(row["member_id"], row["activity_id"]) for row in rows}
        openid = "select member_id, activity_id from sign_ups where member_id is null limit 1"
        self.some_by_openid = bool(program.json(self.published, "sql", openid)[1])
        self.pairs = [(m, a) for m in self.members for a in activities if (m, a) not in taken]

    def answers_of(self, home):
        return invariants.answers(self.program, home, self.members[:60:20], NOON)

    def same(self, home, rng):
        """Checks that the home equals the result of a run without a kill."""
        wrong, found = [], invariants.counts(self.program, home)
        if found != self.counts:
            wrong.append(f"totals are {found}, not {self.counts}")
        for table in rng.sample(invariants.CONTRACT, 2):
            if invariants.content(self.program, home, table) != self.content[table]:
                wrong.append(f"{table} has other rows than without a kill")
        return wrong


def moment(rng, seconds):
    """Returns a random moment within a command of this duration; often near its start, sometimes after its end."""
    return rng.uniform(0, seconds * 1.15) if rng.random() < 0.8 else rng.uniform(0, min(0.3, seconds))


def several(stages, rng, home, command, seconds):
    """Kills a command one to three times in a row and checks the invariants in between."""
    hits, wrong = 0, []
    for _ in range(rng.choice([1, 1, 2, 3])):
        hit, code = stages.program.killed(home, moment(rng, seconds), *command)
        hits += hit
        if not hit and code != 0:
            wrong.append(f"{command[0]} after a kill ended with {code}")
        wrong += invariants.of_home(stages.program, home)
    return hits, wrong


def finish(stages, home, *command):
    code, report, err = stages.program.json(home, *command)
    return report, [] if code == 0 else [f"{command[0]} after a kill ended with {code}: {err}"]


def ingest(stages, rng):
    home = stages.program.home(stages.empty)
    hits, wrong = several(stages, rng, home, ["ingest", stages.sample], stages.seconds["ingest"])
    before = invariants.counts(stages.program, home)
    report, failed = finish(stages, home, "ingest", stages.sample)
    wrong += failed
    if report:
        wrong += invariants.report_adds_up(report)
        missing = sum(stages.counts[table] - before[table] for table in stages.counts if table != "rejects")
        if report["totals"]["new"] != missing:
            wrong.append(f"ingest told of {report['totals']['new']} new rows where {missing} were missing")
    again, failed = finish(stages, home, "ingest", stages.sample)
    if again and any(file["status"] != "already" for file in again["files"]):
        wrong.append("a whole ingest is not known again")
    return hits, wrong + failed + stages.same(home, rng) + invariants.of_home(stages.program, home)


def build(stages, rng):
    home = stages.program.home(stages.ingested)
    hits, wrong = several(stages, rng, home, ["build", "--as-of", AS_OF], stages.seconds["build"])
    return finish_run(stages, rng, home, hits, wrong)


def run(stages, rng):
    home = stages.program.home(rng.choice([stages.empty, stages.ingested, stages.built, stages.trained]))
    seconds = stages.seconds["run"] + stages.seconds["build"] * 0.3
    hits, wrong = several(stages, rng, home, ["run", stages.sample, "--as-of", AS_OF], seconds)
    return finish_run(stages, rng, home, hits, wrong)


def publish(stages, rng):
    home = stages.program.home(stages.trained)
    hits, wrong = several(stages, rng, home, ["publish"], stages.seconds["publish"])
    _, failed = finish(stages, home, "publish")
    if not failed and stages.answers_of(home) != stages.answers:
        wrong.append("the published snapshot answers otherwise than without a kill")
    return hits, wrong + failed + invariants.of_home(stages.program, home)


def finish_run(stages, rng, home, hits, wrong):
    _, failed = finish(stages, home, "run", stages.sample, "--as-of", AS_OF)
    wrong += failed
    if not failed:
        wrong += stages.same(home, rng) + invariants.journal_closed(home)
        if stages.answers_of(home) != stages.answers:
            wrong.append("the published snapshot answers otherwise than without a kill")
    return hits, wrong + invariants.of_home(stages.program, home)


def sent_again(server, key, tellers):
    """Checks that acknowledged batches are stored, and unconfirmed ones completely or not at all. Returns the stored events."""
    wrong, told = [], []
    for teller in tellers:
        wrong += teller.wrong
        for batch, known in [(b, True) for b in teller.acknowledged] + [(b, False) for b in teller.open]:
            status, answer = server.ask("POST", "/v1/events", key, {"events": batch})
            duplicates = answer.get("duplicates") if status == 200 else None
            if known and duplicates != len(batch):
                wrong.append(f"of {len(batch)} acknowledged events {duplicates} were known: {str(answer)[:200]}")
            if not known and (duplicates not in (0, len(batch)) or answer["accepted"] + duplicates != len(batch)):
                wrong.append(f"a batch under way was taken in part: {str(answer)[:200]}")
            told.append(batch)
    return told, wrong


def opted_out(server, key, told):
    """Checks that members who opted out get the general list."""
    wrong = []
    members = [event["member_id"] for batch in told for event in batch if event["type"] == "opt_out"]
    for member in members[-3:]:
        status, answer = server.ask("GET", f"/v1/recommendations?member_id={member}", key)
        if status != 200 or answer["personalised"]:
            wrong.append(f"{member} opted out and is given a personal list")
    return wrong


def tell(server, stages, source, n_threads):
    tellers = [Teller(server, stages.key, source) for _ in range(n_threads)]
    for teller in tellers:
        teller.start()
    return tellers


def stop(tellers):
    for teller in tellers:
        teller.stopping = True
    for teller in tellers:
        teller.join()


def serve(stages, rng):
    """Kills the service while events are sent."""
    home, told, wrong, hits = stages.program.home(stages.published), [], [], 0
    source = Source(rng, stages.members, stages.articles, stages.pairs)
    server = Server(stages.program, home, "--as-of", NOON)
    for _ in range(rng.choice([1, 2, 3])):
        tellers = tell(server, stages, source, rng.choice([1, 2, 4]))
        time.sleep(rng.uniform(0.01, 0.8))
        server.kill()
        hits += 1
        for teller in tellers:
            teller.join()
        server = Server(stages.program, home, "--as-of", NOON)
        now, failed = sent_again(server, stages.key, tellers)
        told += now
        wrong += failed + opted_out(server, stages.key, told)
    server.kill()
    _, failed = finish(stages, home, "run", "--as-of", NEXT_DAY)
    return hits, wrong + failed + invariants.events_counted_once(stages.program, home, told) + \
        invariants.of_home(stages.program, home)


def drain(stages, rng):
    """Kills a run that drains events, the service, or both."""
    home, told, wrong, hits = stages.program.home(stages.published), [], [], 0
    source = Source(rng, stages.members, stages.articles, stages.pairs)
    server = Server(stages.program, home, "--as-of", NOON)
    for round_ in range(rng.choice([1, 2])):
        tellers = tell(server, stages, source, 2)
        time.sleep(rng.uniform(0.05, 0.4))
        running = stages.program.start(home, "run", "--as-of", f"2026-11-11T00:00:{round_:02}+08:00")
        victim = rng.choice(["run", "run", "service", "both"])
        time.sleep(moment(rng, stages.seconds["run"]))
        stop(tellers) if victim == "run" else None
        if victim != "service":
            hits += running.poll() is None
            running.kill()
        if victim != "run":
            server.kill()
            hits += 1
            for teller in tellers:
                teller.join()
            server = Server(stages.program, home, "--as-of", NOON)
        _, said = running.communicate()
        stages.program.ended(running)
        if victim == "service" and running.returncode != 0:
            wrong.append(f"a run beside a killed service ended with {running.returncode}: {said.decode()[-400:]}")
        now, failed = sent_again(server, stages.key, tellers)
        told += now
        wrong += failed + opted_out(server, stages.key, told) + invariants.of_home(stages.program, home)
    report, failed = finish(stages, home, "run", "--as-of", NEXT_DAY + "T01:00:00+08:00")
    wrong += failed + invariants.journal_closed(home)
    for _ in range(100):
        status, answer = server.ask("GET", f"/v1/recommendations?member_id={stages.members[0]}", stages.key)
        if not report or (status == 200 and answer["version"] == report["version"]):
            break
        time.sleep(0.1)
    else:
        wrong.append(f"the service does not take up {report['version']}: {''.join(server.said)[-300:]}")
    wrong += opted_out(server, stages.key, told)
    now, failed = sent_again(server, stages.key, [])
    server.kill()
    return hits, wrong + failed + invariants.events_counted_once(stages.program, home, told)


def rights(stages, rng):
    """Kills erasures, opt-outs and changes of keys."""
    home, wrong, hits = stages.program.home(stages.published), [], 0
    for member in rng.sample(stages.members, 3):
        words = rng.choice([["member", "opt-out", member], ["key", "add", f"k-{member}", "--scope", "staff"]])
        hit, code = stages.program.killed(home, rng.uniform(0, 0.25), *words)
        hits += hit
        if code not in (None, 0):
            wrong.append(f"{' '.join(words)} ended with {code}")
        if code == 0 and words[1] == "opt-out":
            _, answer, err = stages.program.json(home, "recommend", "--member", member)
            if answer is None or answer["personalised"]:
                wrong.append(f"{member} opted out and is given a personal list: {err}")
    member = rng.choice(stages.members[:200])
    hit, code = stages.program.killed(home, rng.uniform(0.1, 2.5), "member", "forget", member)
    hits += hit
    wrong += invariants.of_home(stages.program, home)
    _, failed = finish(stages, home, "member", "forget", member)
    hits += stages.program.killed(home, moment(rng, stages.seconds["run"]), "run", "--as-of", AS_OF)[0]
    _, more = finish(stages, home, "run", stages.sample, "--as-of", AS_OF)
    hits += stages.program.killed(home, moment(rng, stages.seconds["maintain"]), "maintain")[0]
    report, most = finish(stages, home, "maintain")
    wrong += failed + more + most + invariants.of_home(stages.program, home)
    if report and report["erasures"]["waiting"]:
        wrong.append(f"the erasure is not done after maintain: {report['erasures']}")
    left = [os.path.relpath(os.path.join(at, name), home) for at, _, names in os.walk(home) for name in names
            if member.encode() in open(os.path.join(at, name), "rb").read()]
    if left:
        wrong.append(f"{member} is erased and still stands in {left[:4]}")
    for table in ("members", "reads", "sign_ups", "pushes", "rejects"):
        if any(member in row for row in invariants.content(stages.program, home, table)):
            wrong.append(f"{member} is erased and still in {table}")
    return hits, wrong


def maintain(stages, rng):
    home = stages.program.home(stages.published)
    hits, wrong = several(stages, rng, home, ["maintain", "--keep-hours", "0"], stages.seconds["maintain"])
    _, failed = finish(stages, home, "maintain", "--keep-hours", "0")
    return finish_run(stages, rng, home, hits, wrong + failed)


def backup(stages, rng):
    """Checks that a killed backup is invalid, and that the next one can be restored."""
    home = stages.program.home(stages.published)
    copy, wrong = home + "-copy", []
    hit, _ = stages.program.killed(home, moment(rng, stages.seconds["backup"]), "backup", copy)
    other = stages.program.home()
    code, _, err = stages.program.json(other, "restore", copy)
    if hit and code == 0:
        wrong += [f"of a killed backup: {line}" for line in stages.same(other, rng)]
    elif not hit and code != 0:
        wrong.append(f"restore ended with {code}: {err}")
    _, failed = finish(stages, home, "backup", copy + "-2")
    third = stages.program.home()
    code, _, err = stages.program.json(third, "restore", copy + "-2")
    if code != 0:
        wrong.append(f"restore ended with {code}: {err}")
    else:
        wrong += stages.same(third, rng) + invariants.of_home(stages.program, third)
    return int(hit), wrong + failed


ALL = {
    "ingest": (ingest, 4), "build": (build, 3), "run": (run, 4), "publish": (publish, 2), "serve": (serve, 5),
    "drain": (drain, 6), "rights": (rights, 2), "maintain": (maintain, 2), "backup": (backup, 1),
    "rebuild": (rebuild.scenario, 3),
}


def guarded(scenario, stages, rng):
    try:
        return scenario(stages, rng)
    except Blocked as error:
        return 0, [f"blocked: {error}"]
    except Exception:
        return 0, [f"the scenario itself failed: {traceback.format_exc()}"]
