"""Events in any order and batches, with runs at any moment and killed services and runs: the final tables and answers equal
those of one run on files with the same events."""

import csv
import datetime
import os
import shutil

import invariants
from events import FIRST
from program import Server

NOON = "2026-11-10T12:00:00+08:00"
END = "2026-11-11"
COLUMNS = {
    "reads": ["event_id", "member_id", "openid", "article_id", "read_at"],
    "shares": ["event_id", "member_id", "openid", "item_id", "shared_at"],
    "shown": ["event_id", "member_id", "openid", "item_id", "shown_at"],
    "feedback": ["event_id", "member_id", "openid", "item_id", "at"],
    "member_events": ["event_id", "member_id", "openid", "event", "at"],
    "sign_ups": ["member_id", "activity_id", "signed_up_at", "status", "updated_at", "tickets"],
}
TABLE = {"read": "reads", "share": "shares", "shown": "shown", "feedback": "feedback"}
BUILT = ["member_states", "interactions", "sign_up_states", "preferences", "popularity", "daily", "union_activity"]


def scenario(stages, rng):
    program, home, hits, wrong = stages.program, stages.program.home(stages.published), 0, []
    events = made(stages, rng)
    arriving = rearranged(events, rng)
    server = Server(program, home, "--as-of", NOON)
    while arriving:
        n_events = rng.randint(1, 40)
        batch, arriving = arriving[:n_events], arriving[n_events:]
        status, answer = server.ask("POST", "/v1/events", stages.key, {"events": batch})
        if status != 200 or answer["accepted"] != len(batch):
            wrong.append(f"a batch was not taken: {status} {str(answer)[:300]}")
        what = rng.random()
        if what < 0.2:
            server.kill()
            hits += 1
            server = Server(program, home, "--as-of", NOON)
        elif what < 0.5:
            # Events from then on stay in the inbox, with all later ones.
            until = rng.choice([END, (FIRST + datetime.timedelta(seconds=rng.randint(0, len(events)))).isoformat()])
            hits += program.killed(home, rng.uniform(0.1, 1.5) * stages.seconds["run"], "run", "--as-of", until)[0]
    server.kill()
    other = program.home(stages.published)
    write(events, other)
    for place in (home, other):
        # Without a model that passes the gate the previous one serves, and that differs here.
        for folder in ("published", "trained"):
            shutil.rmtree(os.path.join(place, folder))
        os.mkdir(os.path.join(place, "published"))
        code, _, err = program.json(place, "run", "--as-of", END)
        if code != 0:
            wrong.append(f"the last run ended with {code}: {err}")
    return hits, wrong + differences(stages, rng, home, other) + invariants.of_home(program, home)


def differences(stages, rng, home, other):
    wrong = []
    for table in BUILT:
        mine, theirs = (invariants.content(stages.program, place, table) for place in (home, other))
        if isinstance(mine, str) or isinstance(theirs, str):
            wrong.append(f"{table}: {mine if isinstance(mine, str) else theirs}")
        elif mine != theirs:
            apart = sorted(set(mine) ^ set(theirs))
            wrong.append(f"{table}: {len(apart)} rows differ from those of one run over files: {apart[:4]}")
    members = rng.sample(stages.members, 6)
    mine, theirs = (invariants.answers(stages.program, place, members, "2026-11-11T12:00:00+08:00") for place in (home, other))
    if mine != theirs:
        wrong.append(f"of {members} the answers differ from those of one run over files: {str(mine)[:400]} / {str(theirs)[:400]}")
    return wrong


def rearranged(events, rng):
    """Returns the events in another order of arrival. Opt-outs and opt-ins keep theirs: the last one received counts."""
    consents = iter([event for event in events if event["type"] in ("opt_out", "opt_in")])
    order = rng.sample(events, len(events))
    return [next(consents) if event["type"] in ("opt_out", "opt_in") else event for event in order]


def made(stages, rng):
    """Returns events with a distinct second each, in time order; at most one sign-up for a member and an activity."""
    people, pairs = rng.sample(stages.members, 30), rng.sample(stages.pairs, 20)
    openids = rng.sample(stages.openids, 4) + ["fresh-1", "fresh-2", "fresh-3"]
    events, open_pairs = [], []
    for second in range(rng.randint(40, 160)):
        kind = rng.choice(["read", "read", "read", "share", "shown", "feedback", "follow", "unfollow", "opt_out", "opt_in",
                           "bind", "sign_up", "sign_up", "after"])
        event = {"type": kind, "at": (FIRST + datetime.timedelta(seconds=second)).isoformat(), "event_id": f"r{second}"}
        if kind == "sign_up" and pairs:
            event["member_id"], event["item_id"] = pairs.pop()
            event["tickets"] = rng.choice([1, 2])
            open_pairs.append(event)
        elif kind == "after" and open_pairs:
            before = open_pairs.pop(rng.randrange(len(open_pairs)))
            event |= {"type": rng.choice(["cancel", "check_in"]), "member_id": before["member_id"], "item_id": before["item_id"]}
        elif kind == "bind":
            event |= {"member_id": rng.choice(people), "openid": rng.choice(openids)}
        else:
            event["type"] = kind = "read" if kind in ("sign_up", "after") else kind
            name = rng.choice(["member_id", "openid"])
            event[name] = rng.choice(people if name == "member_id" else openids)
            if kind in TABLE:
                event["item_id"] = rng.choice(stages.articles)
        events.append(event)
    return events


def write(events, home):
    """Writes the same events as files into the inbox of the home."""
    rows, sign_ups = {table: [] for table in COLUMNS}, {}
    for event in events:
        kind, at = event["type"], event["at"]
        if kind in ("sign_up", "cancel", "check_in"):
            pair = event["member_id"], event["item_id"]
            if kind == "sign_up":
                sign_ups[pair] = [*pair, at, "registered", at, event["tickets"]]
            else:
                sign_ups[pair][3:5] = [{"cancel": "cancelled", "check_in": "attended"}[kind], at]
            continue
        actor = [event["event_id"], event.get("member_id"), event.get("openid")]
        rows[TABLE.get(kind, "member_events")].append([*actor, event["item_id"] if kind in TABLE else kind, at])
    rows["sign_ups"] = list(sign_ups.values())
    for table, lines in rows.items():
        with open(os.path.join(home, "inbox", f"{table}-told.csv"), "w", newline="") as file:
            csv.writer(file).writerows([COLUMNS[table], *lines])
