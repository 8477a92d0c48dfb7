"""The rules of the audience benchmark in DuckDB, on the same facts as Parquet: audience.py FOLDER [MEMORY [SECONDS]]

The folder is written by `cargo bench -p zhihui-engine --bench audience -- --facts FOLDER`. Both must count the same members.
DuckDB gets what suits it: integers instead of ids, the local day as a column, one pass over the file for all conditions, and the
faster of two ways to count days: distinct values, or groups of member and day. MEMORY (4GB) limits it, so that it spills to the
folder instead of filling the machine. It is asked no further rule after SECONDS (600).
"""

import datetime
import json
import os
import pathlib
import statistics
import sys
import time

import duckdb
import numpy

READ = 0
DAY = 86_400
SHANGHAI = 8 * 3_600


def local_day(seconds):
    return (seconds + SHANGHAI) // DAY


def midnight(day):
    return (datetime.date.fromisoformat(day) - datetime.date(1970, 1, 1)).days * DAY - SHANGHAI


def window(did, as_of):
    if "within_days" in did:
        return (local_day(as_of) - did["within_days"] + 1) * DAY - SHANGHAI, as_of
    return midnight(did["from"]), min(midnight(did["to"]), as_of)


def condition(did, as_of, topics):
    """The filter of a condition, what it counts, and the test of the count."""
    begin, end = window(did, as_of)
    filters = [f"seconds >= {begin}", f"seconds < {end}"]
    if "topic" in did:
        topic = topics[did["topic"]]
        filters.append(f"(topic1 = {topic} or topic2 = {topic})")
    compare = f"<= {did['at_most']}" if "at_most" in did else f">= {did.get('at_least', did.get('distinct_days'))}"
    return " and ".join(filters), "distinct_days" in did, compare


def of_distinct_values(parquet, conditions):
    """Counts the members of a rule; days are counted as distinct values."""
    tests = " and ".join(
        f"{'count(distinct day)' if of_days else 'count(*)'} filter ({where}) {compare}"
        for where, of_days, compare in conditions
    )
    either = " or ".join(f"({where})" for where, _, _ in conditions)
    return (
        f"select count(*) from (select member from '{parquet}' where kind = {READ} and ({either}) "
        f"group by member having {tests})"
    )


def of_grouped_days(parquet, conditions):
    """Counts the members of a rule; events are grouped by member and day first."""
    counts = ", ".join(f"count(*) filter ({where}) as n{at}" for at, (where, _, _) in enumerate(conditions))
    tests = " and ".join(
        f"{f'count(*) filter (n{at} > 0)' if of_days else f'sum(n{at})'} {compare}"
        for at, (_, of_days, compare) in enumerate(conditions)
    )
    either = " or ".join(f"({where})" for where, _, _ in conditions)
    return (
        f"select count(*) from (select member from (select member, day, {counts} from '{parquet}' "
        f"where kind = {READ} and ({either}) group by member, day) group by member having {tests})"
    )


def main(folder, memory="4GB", most_seconds="600"):
    facts = json.loads((folder / "rules.json").read_text())
    as_of, answers = facts["as_of"], facts["answers"]
    topics = {f"topic {topic:02}": topic for topic in range(40)}
    connection = duckdb.connect()
    connection.execute(f"set memory_limit = '{memory}'; set temp_directory = '{folder / 'spilled'}'")
    columns = [("member", "u32", "u4"), ("item", "u32", "u4"), ("kind", "u8", "u1"), ("at", "i64", "i8")]
    events = {name: numpy.fromfile(folder / f"{name}.{kind}", dtype=f"<{dtype}") for name, kind, dtype in columns}
    events["seconds"] = events.pop("at")  # "at" is a keyword
    events["day"] = local_day(events["seconds"]).astype("<i4")
    of_item = numpy.array([(row + [-1, -1])[:2] for row in facts["topics"]], dtype="<i4")
    events["topic1"], events["topic2"] = of_item[events["item"], 0], of_item[events["item"], 1]
    parquet = folder / "events.parquet"
    connection.execute(f"copy (from events) to '{parquet}' (format parquet)")
    del events
    print(
        f"DuckDB {duckdb.__version__}, {os.cpu_count()} processors, {memory} of memory, "
        f"Parquet of {parquet.stat().st_size / 1e6:.0f} MB",
        flush=True,
    )

    seconds, ways, begin = [], (of_distinct_values, of_grouped_days), time.perf_counter()
    for answer in answers:
        if time.perf_counter() - begin > float(most_seconds):
            print(f"out of time after {len(seconds)} of {len(answers)} rules")
            break
        conditions = [condition(inner["did"], as_of, topics) for inner in answer["rule"]["all"]]
        of_ways = []
        for way in ways:
            sql = way(parquet, conditions)
            began = time.perf_counter()
            (counted,) = connection.execute(sql).fetchone()
            of_ways.append(time.perf_counter() - began)
            if counted != answer["count"]:
                sys.exit(f"DuckDB counts {counted}, the engine {answer['count']}: {json.dumps(answer['rule'])}\n{sql}")
        print(", ".join(f"{way.__name__} {of_way:.2f} s" for way, of_way in zip(ways, of_ways)), flush=True)
        seconds.append(min(of_ways))
    own = [answer["seconds"] for answer in answers[: len(seconds)]]
    theirs, ours = statistics.median(seconds), statistics.median(own)
    print(f"DuckDB: median {theirs * 1e3:.0f} ms, least {min(seconds) * 1e3:.0f}, most {max(seconds) * 1e3:.0f}")
    print(f"engine: median {ours * 1e3:.1f} ms; same counts of {len(seconds)} rules; {theirs / ours:.0f} times as fast")


main(pathlib.Path(sys.argv[1]), *sys.argv[2:4])
