"""Invariants of a home after any kill."""

import collections
import contextlib
import json
import os
import sqlite3

from events import FIRST, TABLES, expected, second_of

CONTRACT = ["unions", "members", "memberships", "articles", "activities", "reads", "shares", "sign_ups", "pushes", "shown",
            "feedback", "member_events", "account_statistics", "rejects"]
TIME = dict(TABLES.values())


def counts(program, home):
    """Returns the row count of each contract table; 0 for a missing table."""
    query = " union all ".join(f"select '{name}' as name, count(*) as n from {name}" for name in CONTRACT)
    code, rows, _ = program.json(home, "sql", query)
    if code == 0:
        return {row["name"]: row["n"] for row in rows}
    found = {}
    for name in CONTRACT:
        code, rows, _ = program.json(home, "sql", f"select count(*) as n from {name}")
        found[name] = rows[0]["n"] if code == 0 else 0
    return found


def content(program, home, table):
    """Returns the rows of a table, sorted and without columns about the run."""
    code, rows, err = program.json(home, "sql", f"select * from {table}")
    if code != 0:
        return f"unreadable: {err}"
    rows = [{key: rounded(value) for key, value in row.items() if key not in ("run_id", "rejected_at", "at_run")} for row in rows]
    return sorted(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)


def rounded(value):
    """Rounds a number: the last digits of a sum depend on the order of files."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


def answers(program, home, members, as_of):
    """Returns answers from the snapshot, without its name."""
    found = []
    for member in members:
        code, answer, err = program.json(home, "recommend", "--member", member, "--as-of", as_of)
        if code != 0:
            return f"no answer for {member}: {err}"
        answer.pop("version")
        found.append(answer)
    return found


def of_home(program, home):
    """Doctor finds no failure, the audit log is intact, the published snapshot loads."""
    wrong = []
    code, diagnosis, err = program.json(home, "doctor")
    if diagnosis is None:
        wrong.append(f"doctor printed no JSON: {err}")
    else:
        wrong += [f"doctor: {check['name']}: {check['message']}" for check in diagnosis["checks"] if check["status"] == "fail"]
        if code != (0 if diagnosis["ok"] else 1):
            wrong.append(f"doctor ended with {code}")
    code, _, err = program.json(home, "audit", "verify")
    if code != 0:
        wrong.append(f"audit verify ended with {code}: {err}")
    current = os.path.join(home, "published", "current")
    if os.path.exists(current):
        code, answer, err = program.json(home, "recommend", "--member", "M000001")
        if code != 0 or answer["version"] != open(current).read():
            wrong.append(f"the published snapshot does not load: {code} {err}")
        elif "cannot be used" in err:
            wrong.append(f"the current snapshot is damaged: {err}")
    return wrong


@contextlib.contextmanager
def database(home, name):
    """A connection that commits and closes at the end of the block. The context manager of `sqlite3` leaves closing to the
    garbage collector, and the last connection that closes deletes the write-ahead log."""
    with contextlib.closing(sqlite3.connect(os.path.join(home, name))) as opened, opened:
        yield opened


def journal_closed(home):
    """After a finished run no earlier run is unfinished."""
    with database(home, "zhihui.db") as opened:
        (still_open,) = opened.execute("select count(*) from runs where finished_at is null").fetchone()
    return [f"{still_open} dead runs are still open in the journal"] if still_open else []


def report_adds_up(report):
    wrong = []
    for file in report["files"]:
        parts = sum(file[key] for key in ("new", "replaced", "duplicates", "rejected"))
        if file["rows"] != parts:
            wrong.append(f"{file['path']}: {file['rows']} rows are not the {parts} told of")
        if file["status"] not in ("ingested", "already"):
            wrong.append(f"{file['path']}: {file['status']}: {file['error']}")
    return wrong


def events_counted_once(program, home, batches):
    """Every accepted event is in the lake exactly once, and no other."""
    wrong, wanted = [], expected(batches)
    start = FIRST.astimezone(__import__("datetime").timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    for table in sorted(set(TIME)):
        time = TIME[table]
        code, rows, err = program.json(home, "sql", f"select {time} as t from {table} where {time} >= timestamp '{start}'")
        if code != 0:
            wrong.append(f"sql on {table}: {err}")
            continue
        have = collections.Counter(int(second_of(row["t"])) for row in rows)
        want = collections.Counter(wanted.get(table, []))
        lost, extra = want - have, have - want
        if lost:
            wrong.append(f"{table}: {sum(lost.values())} acknowledged events are lost, e.g. second {min(lost)}")
        if extra:
            wrong.append(f"{table}: {sum(extra.values())} rows too many, e.g. second {min(extra)}")
    return wrong
