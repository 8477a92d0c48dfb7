"""The rules of the audience benchmark in DuckDB, on the same facts as Parquet: audience.py FOLDER

The folder is written by `cargo bench -p zhihui-engine --bench audience -- --facts FOLDER`. Both must count the same members.
DuckDB gets what suits it: integers instead of ids, the local day as a column, and one pass over the file for all conditions.
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


def count(did, as_of, topics):
    """The filter of a condition, and its test of the filtered events of a member."""
    begin, end = window(did, as_of)
    filters = [f"seconds >= {begin}", f"seconds < {end}"]
    if "topic" in did:
        topic = topics[did["topic"]]
        filters.append(f"(topic1 = {topic} or topic2 = {topic})")
    counted = "count(distinct day)" if "distinct_days" in did else "count(*)"
    compare = f"<= {did['at_most']}" if "at_most" in did else f">= {did.get('at_least', did.get('distinct_days'))}"
    where = " and ".join(filters)
    return where, f"{counted} filter ({where}) {compare}"


def main(folder):
    facts = json.loads((folder / "rules.json").read_text())
    as_of, answers = facts["as_of"], facts["answers"]
    topics = {f"topic {topic:02}": topic for topic in range(40)}
    connection = duckdb.connect()
    columns = [("member", "u32", "u4"), ("item", "u32", "u4"), ("kind", "u8", "u1"), ("at", "i64", "i8")]
    events = {name: numpy.fromfile(folder / f"{name}.{kind}", dtype=f"<{dtype}") for name, kind, dtype in columns}
    events["seconds"] = events.pop("at")  # "at" is a keyword
    events["day"] = local_day(events["seconds"]).astype("<i4")
    of_item = numpy.array([(row + [-1, -1])[:2] for row in facts["topics"]], dtype="<i4")
    events["topic1"], events["topic2"] = of_item[events["item"], 0], of_item[events["item"], 1]
    parquet = folder / "events.parquet"
    connection.execute(f"copy (from events) to '{parquet}' (format parquet)")
    del events
    print(f"DuckDB {duckdb.__version__}, {os.cpu_count()} processors, Parquet of {parquet.stat().st_size / 1e6:.0f} MB")

    seconds = []
    for answer in answers:
        conditions = [count(inner["did"], as_of, topics) for inner in answer["rule"]["all"]]
        either = " or ".join(f"({where})" for where, _ in conditions)
        tests = " and ".join(test for _, test in conditions)
        sql = (
            f"select count(*) from (select member from '{parquet}' where kind = {READ} and ({either}) "
            f"group by member having {tests})"
        )
        began = time.perf_counter()
        (counted,) = connection.execute(sql).fetchone()
        seconds.append(time.perf_counter() - began)
        if counted != answer["count"]:
            sys.exit(f"DuckDB counts {counted}, the engine {answer['count']}: {json.dumps(answer['rule'])}\n{sql}")
    own = [answer["seconds"] for answer in answers]
    theirs, ours = statistics.median(seconds), statistics.median(own)
    print(f"DuckDB: median {theirs * 1e3:.0f} ms, least {min(seconds) * 1e3:.0f}, most {max(seconds) * 1e3:.0f}")
    print(f"engine: median {ours * 1e3:.1f} ms; same counts; {theirs / ours:.0f} times as fast")


main(pathlib.Path(sys.argv[1]))
