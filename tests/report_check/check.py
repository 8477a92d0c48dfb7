"""Recomputes the figures of a report with DuckDB from the Parquet files of the lake, and compares them.

Usage: check.py HOME REPORT.json [--zone Asia/Shanghai]

The report is about all members. Prints a JSON object: the numbers of equal, different and hidden figures, and the different ones.
The files of a table are those that its Delta log adds and does not remove. Nothing here uses the program or its queries.
"""

import argparse
import json
import math
from datetime import datetime
from pathlib import Path

import duckdb

from account import account, articles

ACTIVE = "('read', 'share', 'sign_up', 'attended')"
RESPONDED = "case when item_kind = 'article' then read_at is not null else signed_up end"


def live_files(table):
    """The files of the latest version, from the Delta log and its checkpoint."""
    log = table / "_delta_log"
    files, first = set(), 0
    pointer = log / "_last_checkpoint"
    if pointer.exists():
        first = json.loads(pointer.read_text())["version"]
        parts = [str(part) for part in sorted(log.glob(f"{first:020d}.checkpoint*.parquet"))]
        rows = duckdb.sql(f"select add.path from read_parquet({parts}) where add.path is not null").fetchall()
        files.update(path for (path,) in rows)
        first += 1
    for commit in sorted(log.glob("*.json")):
        if not commit.stem.isdigit() or int(commit.stem) < first:
            continue
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            if "remove" in action:
                files.discard(action["remove"]["path"])
            if "add" in action:
                files.add(action["add"]["path"])
    return [str(table / path) for path in sorted(files)]


def empty_columns(table):
    """The columns of a table without files, from the last schema of its log, as DuckDB's types."""
    schema = None
    for commit in sorted((table / "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            schema = json.loads(line).get("metaData", {}).get("schemaString", schema)
    types = {"string": "varchar", "long": "bigint", "double": "double", "boolean": "boolean", "date": "date",
             "timestamp": "timestamptz"}
    fields = json.loads(schema)["fields"]
    return [(field["name"], types.get(field["type"]) if isinstance(field["type"], str) else "varchar[]") for field in fields]


class Lake:
    def __init__(self, home, report, zone):
        self.db = duckdb.connect()
        self.db.sql(f"set timezone = '{zone}'")
        for name in ["raw", "built"]:
            for table in sorted((home / "lake" / name).iterdir()):
                files = live_files(table) if table.is_dir() else []
                if not files and (table / "_delta_log").is_dir():
                    columns = [(column if column != "at" else "moment", kind) for column, kind in empty_columns(table)]
                    listed = ", ".join(f'null::{kind} as "{column}"' for column, kind in columns)
                    self.db.sql(f"create view {name}_{table.name} as select {listed} where false")
                if files:
                    # A partition column may be in the path only; no query needs one.
                    source = f"read_parquet({files}, union_by_name = true, hive_partitioning = false)"
                    columns = [row[0] for row in self.db.sql(f"describe select * from {source}").fetchall()]
                    # `at` is a word of DuckDB's language.
                    renamed = 'rename ("at" as moment)' if "at" in columns else ""
                    self.db.sql(f"create view {name}_{table.name} as select * {renamed} from {source}")
        self.known = {row[0] for row in self.db.sql("select view_name from duckdb_views()").fetchall()}
        for name, value in [("start", report["from"]), ("stop", report["to"]), ("as_of", report["as_of"])]:
            self.db.sql(f"create macro {name}() as timestamptz '{value}'")
        self.db.sql("create view events as select * from built_interactions where moment < as_of()")

    def has(self, table):
        return table in self.known

    def row(self, sql):
        cursor = self.db.execute(sql)
        return dict(zip([column[0] for column in cursor.description], cursor.fetchall()[0]))

    def rows(self, sql):
        return self.db.execute(sql).fetchall()


def share(part, whole):
    return part / whole if whole else None


def gini(amounts):
    """By the definition: the mean difference of all pairs over twice the mean."""
    values = sorted(amounts)
    total, n = sum(values), len(values)
    if not total:
        return None
    return sum((2 * place - n - 1) * value for place, value in enumerate(values, 1)) / (n * total)


def month_before(lake, day):
    return lake.row(f"select date_trunc('month', date '{day}' - 1)::date::varchar as day")["day"]


def metrics(lake, report, minimum):
    """Every metric by name, computed again."""
    bounds = lake.row(
        "select start()::date::varchar as first, stop()::date::varchar as last, "
        "start() = date_trunc('month', start()) and stop() = date_trunc('month', start()) + interval 1 month as is_month, "
        "(stop()::date - start()::date) as days"
    )
    if bounds["is_month"]:
        before = f"timestamptz '{month_before(lake, bounds['first'])} 00:00:00'"
    else:
        before = f"(start()::date - {bounds['days']})::timestamptz"
    found = lake.row(
        f"""
        with active as (
            select member_id,
                bool_or(moment >= start() and moment < stop()) as now,
                bool_or(moment >= {before} and moment < start()) as earlier
            from events where kind in {ACTIVE} group by member_id
        )
        select count(*) as members, count(*) filter (where follows) as reachable_members,
            count(*) filter (where not personalised) as opt_outs, count(*) filter (where now) as active_members,
            count(*) filter (where first_active_at >= start() and first_active_at < stop()) as new_members,
            count(*) filter (where now and earlier) as returning_members,
            count(*) filter (where now and not earlier and first_active_at < start()) as resurrected_members,
            count(*) filter (where earlier and not now) as dormant_members,
            count(*) filter (where joined_at >= start() and joined_at < least(stop(), as_of())) as joined_members,
            count(*) filter (where home_district is not null and work_district is not null) as both_districts
        from built_member_states left join active using (member_id)
        """
    )
    found |= lake.row(
        """
        select count(*) filter (where kind = 'read') as reads,
            count(distinct member_id) filter (where kind = 'read') as readers,
            count(distinct item_id) filter (where kind = 'read') as articles_read,
            count(*) filter (where kind = 'share') as shares,
            count(distinct member_id) filter (where kind = 'share') as sharers,
            median(dwell_seconds) filter (where kind = 'read') as dwell_seconds,
            count(*) filter (where kind = 'read' and read_fraction >= 0.9) as finished,
            count(read_fraction) filter (where kind = 'read') as measured,
            count(*) filter (where kind = 'push') as pushes,
            count(distinct member_id) filter (where kind = 'push') as pushed_members,
            count(distinct member_id) filter (where kind = 'hold_out') as held_out_members,
            count(distinct member_id) filter (where kind = 'shown') as shown_members,
            count(distinct item_id) filter (where kind = 'shown') as shown_items
        from events where moment >= start() and moment < stop()
        """
    )
    found |= lake.row(
        """
        select count(*) as both_ways from (
            select member_id from events where kind = 'read' and moment >= start() and moment < stop()
            intersect select member_id from events where kind = 'share' and moment >= start() and moment < stop())
        """
    )
    found |= lake.row(
        f"""
        select count(*) as member_days from (
            select distinct member_id, moment::date from events where kind in {ACTIVE} and moment >= start() and moment < stop())
        """
    )
    found |= lake.row(
        """
        select count(*) filter (where kind = 'article' and published_at >= start() and published_at < stop())
                as articles_published,
            coalesce(sum(capacity) filter (where kind <> 'article' and starts_at >= start() and starts_at < stop()), 0)::bigint
                as seats_offered
        from built_items
        """
    )
    found |= lake.row(
        """
        select coalesce(sum(tickets), 0)::bigint as seats_taken
        from built_sign_up_states join built_items on activity_id = item_id
        where built_items.kind <> 'article' and capacity is not null and starts_at >= start() and starts_at < stop()
            and status in ('registered', 'attended')
        """
    )
    found |= lake.row(
        """
        select count(*) filter (where status <> 'cancelled') as sign_ups,
            count(distinct member_id) filter (where status <> 'cancelled') as sign_up_members,
            count(*) filter (where status = 'attended') as attended,
            count(distinct member_id) filter (where status = 'attended') as attended_members,
            count(*) filter (where status = 'no_show') as no_shows,
            count(*) filter (where status = 'waitlisted') as waitlisted,
            count(*) filter (where status = 'cancelled') as cancellations,
            count(distinct member_id) filter (where status = 'attended' and member_id not in (
                select member_id from built_sign_up_states where status = 'attended' and signed_up_at < start()))
                as first_timers
        from built_sign_up_states where signed_up_at >= start() and signed_up_at < stop()
        """
    )
    found |= lake.row(
        """
        select median(epoch(starts_at) - epoch(signed_up_at)) / 86400.0 as sign_up_lead_days
        from built_sign_up_states join built_items on activity_id = item_id
        where status = 'attended' and signed_up_at >= start() and signed_up_at < stop() and starts_at >= signed_up_at
        """
    )
    times = lake.rows(
        """
        select union_id, count(activity_id) from built_member_states
        left join (select * from built_sign_up_states
            where status = 'attended' and signed_up_at >= start() and signed_up_at < stop()) using (member_id)
        group by member_id, union_id
        """
    )
    attended = sorted((count for _, count in times if count), reverse=True)
    found["attendance_gini"] = gini(attended)
    found["top_tenth_share"] = share(sum(attended[: len(attended) // 10]), sum(attended))
    of_union = {}
    for union, count in times:
        if union is not None:
            of_union.setdefault(union, []).append(count)
    # Every member has the mean of the union.
    found["union_gini"] = gini([sum(of) / len(of) for of in of_union.values() for _ in of])
    unions = lake.rows(
        f"""
        select union_id, count(*), count(active.member_id) from built_member_states left join (
            select distinct member_id from events where kind in {ACTIVE} and moment >= start() and moment < stop()) as active
            using (member_id)
        where union_id in (select union_id from built_union_activity) group by union_id
        """
    )
    found["unions"] = len(unions)
    found["active_unions"] = sum(1 for _, size, active in unions if size >= minimum and active)
    found["silent_unions"] = sum(1 for _, size, active in unions if size >= minimum and not active)
    found |= pushes(lake)
    if lake.has("raw_feedback"):
        found |= lake.row(
            """
            select count(distinct coalesce(f.member_id, s.member_id)) as raters, avg(rating) as rating
            from raw_feedback f left join built_member_states s on f.openid = s.openid and f.member_id is null
            where rating is not null and moment >= start() and moment < least(stop(), as_of())
                and coalesce(f.member_id, s.member_id) is not null
            """
        )
    found |= {
        "active_share": share(found["active_members"], found["members"]),
        "active_days": share(found["member_days"], found["active_members"]),
        "reads_per_reader": share(found["reads"], found["readers"]),
        "finish_rate": share(found["finished"], found["measured"]),
        "share_rate": share(found["both_ways"], found["readers"]),
        "union_coverage": share(found["active_unions"], found["active_unions"] + found["silent_unions"]),
        "no_show_rate": share(found["no_shows"], found["no_shows"] + found["attended"]),
        "fill_rate": share(found["seats_taken"], found["seats_offered"]),
        "first_timer_share": share(found["first_timers"], found["attended_members"]),
        "district_known_share": share(found["both_districts"], found["members"]),
    }
    found |= trust(lake)
    return found


def pushes(lake):
    """Responses to pushes: reads within 72 hours and sign-ups within 7 days, for pushes at least that old."""
    lake.db.sql(
        """
        create temp table responses as
        select p.push_id, p.kind as arm, p.member_id, p.item_id, i.kind as item_kind, min(p.moment) as sent_at,
            max(p.moment) + case when i.kind = 'article' then interval 72 hours else interval 7 days end < as_of() as judged,
            min(e.moment) filter (where e.kind = 'read' and e.moment < p.moment + interval 72 hours and (e.item_id = p.item_id
                or ei.announces = coalesce(i.announces, case when i.kind <> 'article' then i.item_id end))) as read_at,
            min(e.moment) filter (where e.kind = 'sign_up' and e.moment < p.moment + interval 7 days
                and e.item_id = p.item_id) as signed_up_at,
            bool_or(e.kind = 'sign_up' and e.moment < p.moment + interval 7 days
                and e.item_id = coalesce(i.announces, case when i.kind <> 'article' then i.item_id end)) as signed_up,
            bool_or(e.kind = 'attended'
                and e.item_id = coalesce(i.announces, case when i.kind <> 'article' then i.item_id end)) as attended
        from events p join built_items i using (item_id)
        left join events e on e.member_id = p.member_id and e.moment >= p.moment and e.kind in ('read', 'sign_up', 'attended')
        left join built_items ei on ei.item_id = e.item_id
        where p.kind in ('push', 'hold_out') and p.push_id is not null and p.moment >= start() and p.moment < stop()
        group by p.push_id, p.kind, p.member_id, p.item_id, i.kind
        """
    )
    row = lake.row(
        """
        select count(*) filter (where item_kind = 'article') as articles,
            count(read_at) filter (where item_kind = 'article') as articles_read,
            count(*) filter (where item_kind <> 'article') as others,
            count(*) filter (where item_kind <> 'article' and signed_up) as others_signed_up,
            median(epoch(read_at) - epoch(sent_at)) filter (where item_kind = 'article') / 3600.0 as push_read_hours,
            median(epoch(signed_up_at) - epoch(sent_at)) filter (where item_kind <> 'article') / 3600.0
                as push_sign_up_hours
        from responses where arm = 'push' and judged
        """
    )
    arms = lake.rows(
        f"""
        select item_kind = 'article', count(*) filter (where arm = 'push'),
            count(*) filter (where arm = 'push' and {RESPONDED}), count(*) filter (where arm = 'hold_out'),
            count(*) filter (where arm = 'hold_out' and {RESPONDED})
        from responses where judged group by push_id, item_kind
        """
    )
    return {
        "uplift_read": uplift([counts for is_article, *counts in arms if is_article]),
        "uplift_sign_up": uplift([counts for is_article, *counts in arms if not is_article]),
        "push_read_rate": share(row["articles_read"], row["articles"]),
        "push_sign_up_rate": share(row["others_signed_up"], row["others"]),
        "push_read_hours": row["push_read_hours"],
        "push_sign_up_hours": row["push_sign_up_hours"],
    }


def uplift(arms):
    """Mantel and Haenszel's difference of rates over all pushes with both arms, in percentage points."""
    arms = [counts for counts in arms if counts[0] and counts[2]]
    if sum(n for n, _, _, _ in arms) < 30 or sum(n for _, _, n, _ in arms) < 30:
        return None
    weights = [pushed * held_out / (pushed + held_out) for pushed, _, held_out, _ in arms]
    rates = [read / pushed - other / held_out for pushed, read, held_out, other in arms]
    return 100 * sum(weight * rate for weight, rate in zip(weights, rates)) / sum(weights)


def trust(lake):
    facts = [
        f"select member_id, openid from raw_{table} where {time} >= start() and {time} < least(stop(), as_of())"
        for table, time in [("reads", "read_at"), ("shares", "shared_at"), ("shown", "shown_at")]
        if lake.has(f"raw_{table}")
    ]
    row = lake.row(
        f"""
        select count(*) as all_rows, count(coalesce(f.member_id, o.member_id)) as known from ({" union all ".join(facts)}) f
        left join built_openid_owners o on f.openid = o.openid and f.member_id is null
        """
    )
    found = {"resolved_share": share(row["known"], row["all_rows"]), "rejected_rows": 0}
    if lake.has("raw_rejects"):
        found |= lake.row(
            'select count(*) as rejected_rows from (select distinct "table", sha256, "row" from raw_rejects '
            "where rejected_at < as_of())"
        )
    changes = []
    if lake.has("raw_members"):
        for event, column in [("follow", "followed_at"), ("unfollow", "unfollowed_at")]:
            changes.append(
                f"select member_id, '{event}' as event from raw_members "
                f"where {column} >= start() and {column} < least(stop(), as_of())"
            )
    if lake.has("raw_member_events"):
        changes.append(
            "select coalesce(e.member_id, o.member_id), event from raw_member_events e left join built_openid_owners o "
            "on e.openid = o.openid and e.member_id is null where moment >= start() and moment < least(stop(), as_of())"
        )
    found |= lake.row(
        f"""
        select count(distinct member_id) filter (where event = 'follow') as followers_gained,
            count(distinct member_id) filter (where event = 'unfollow') as followers_lost
        from ({" union all ".join(changes)})
        """
    )
    return found | {"net_followers": found["followers_gained"] - found["followers_lost"]}


def tables(lake, report, month):
    """Every table by name: values of its cells by the columns that name the row, computed again."""
    in_month = f"moment >= timestamptz '{month} 00:00:00' and moment < timestamptz '{month} 00:00:00' + interval 1 month"
    minimum = report["fewest_people"]
    lake.db.sql(f"create macro month_start() as timestamptz '{month} 00:00:00'")
    lake.db.sql(f"create macro month_stop() as timestamptz '{month} 00:00:00' + interval 1 month")
    found = {}

    def add(name, keys, columns, sql):
        rows = lake.rows(sql)
        found[name] = keys, {tuple(row[:keys]): dict(zip(columns, row[keys:])) for row in rows}

    add(
        "daily", 1, ["readers", "reads", "sign_up_members", "sign_ups"],
        """
        select day::varchar, coalesce(readers, 0), coalesce(reads, 0), coalesce(people, 0), coalesce(times, 0) from (
            select moment::date as day, count(distinct member_id) as readers, count(*) as reads from events
            where kind = 'read' and moment >= start() and moment < stop() group by day)
        full join (
            select signed_up_at::date as day, count(distinct member_id) as people, count(*) as times
            from built_sign_up_states where status <> 'cancelled' and signed_up_at >= start() and signed_up_at < stop()
            group by day) using (day)
        """,
    )
    add(
        "articles", 1, ["title", "readers", "reads", "sharers", "score"],
        f"""
        with recent as (
            select item_id, count(distinct member_id) as people from events
            where kind = 'read' and moment >= month_stop() - interval 90 days and moment < month_stop() group by item_id),
        middle as (select median(people) as median from recent),
        spread as (select 1.4826 * median(abs(people - median)) as deviation from recent, middle)
        select item_id, coalesce(any_value(title), item_id), count(distinct member_id) filter (where e.kind = 'read'),
            count(*) filter (where e.kind = 'read'), count(distinct member_id) filter (where e.kind = 'share'),
            case when any_value(deviation) > 0 and (any_value(people) = count(distinct member_id) filter (where e.kind = 'read')
                or any_value(people) - count(distinct member_id) filter (where e.kind = 'read') >= {minimum})
                then (any_value(people) - any_value(median)) / any_value(deviation) end
        from events e left join built_items using (item_id) left join recent using (item_id), middle, spread
        where moment >= month_start() and moment < month_stop() group by item_id
        """,
    )
    add(
        "activities", 1, ["sign_up_members", "seats_taken", "capacity", "waitlisted", "attended", "no_shows"],
        """
        select activity_id, count(*) filter (where status <> 'cancelled'),
            coalesce(sum(tickets) filter (where status in ('registered', 'attended')), 0)::bigint, any_value(capacity),
            count(*) filter (where status = 'waitlisted'), count(*) filter (where status = 'attended'),
            count(*) filter (where status = 'no_show')
        from built_sign_up_states left join built_items on activity_id = item_id
        where signed_up_at >= month_start() and signed_up_at < month_stop() group by activity_id
        """,
    )
    add(
        "funnel", 1, ["members"],
        """
        with steps as (
            select member_id, bool_or(read_at is not null) as read_it, bool_or(signed_up) as signed_up,
                bool_or(attended) as attended from responses where arm = 'push' group by member_id)
        select 'pushed', count(*) from steps union all select 'read', count(*) filter (where read_it) from steps
        union all select 'signed_up', count(*) filter (where signed_up) from steps
        union all select 'attended', count(*) filter (where attended) from steps
        """,
    )
    add(
        "uplift", 1, ["pushed", "pushed_responded", "held_out", "held_out_responded"],
        f"""
        select push_id, count(*) filter (where arm = 'push'), count(*) filter (where arm = 'push' and {RESPONDED}),
            count(*) filter (where arm = 'hold_out'), count(*) filter (where arm = 'hold_out' and {RESPONDED})
        from responses where judged group by push_id
        """,
    )
    people = f"""
        select s.member_id, s.union_id, s.age_band, coalesce(bool_or(e.kind in {ACTIVE}), false) as active,
            coalesce(bool_or(e.kind = 'read'), false) as reads, coalesce(bool_or(e.kind = 'share'), false) as shares
        from built_member_states s left join (select * from events where {in_month}) e using (member_id) group by all
    """
    lake.db.sql(f"create temp table people as {people}")
    counts = "count(*), count(*) filter (where active)"
    add("age_bands", 1, ["members", "active_members", "readers"],
        f"select age_band, {counts}, count(*) filter (where reads) from people group by 1")
    add("sharers_by_band", 1, ["sharers", "active_members"],
        "select age_band, count(*) filter (where shares), count(*) filter (where active) from people group by 1")
    below = """
        with recursive tree as (
            select union_id, union_id as top from built_union_activity
            union all select u.union_id, tree.top from built_union_activity u join tree on u.parent_union_id = tree.union_id)
    """
    add("unions", 1, ["members", "active_members"],
        f"{below} select top, {counts} from tree join people using (union_id) group by 1")
    add("sharers_by_union", 1, ["sharers", "active_members"],
        f"{below} select top, count(*) filter (where shares), count(*) filter (where active) "
        "from tree join people using (union_id) group by 1")
    add(
        "topics", 2, ["readers", "reads", "index"],
        f"""
        with cells as (
            select topic, age_band, count(distinct member_id) as readers, count(*) as reads, sum(share) as attention
            from events join built_item_topics using (item_id) join built_member_states using (member_id)
            where kind = 'read' and {in_month} group by 1, 2)
        select topic, age_band, readers, reads, 100 * (attention / sum(attention) over (partition by age_band))
            / (sum(attention) over (partition by topic) / sum(attention) over ()) from cells
        """,
    )
    add(
        "topic_supply", 1, ["articles", "supply_share", "readers", "demand_share", "index"],
        f"""
        with supply as (
            select topic, count(*) as articles, sum(share) as supply from built_items join built_item_topics using (item_id)
            where kind = 'article' and {in_month.replace("moment", "published_at")} group by 1),
        demand as (
            select topic, count(distinct member_id) as readers, sum(share) as demand
            from events join built_item_topics using (item_id) where kind = 'read' and {in_month} group by 1),
        both_sides as (select topic, coalesce(articles, 0) as articles, coalesce(supply, 0) as supply,
            coalesce(readers, 0) as readers, coalesce(demand, 0) as demand from supply full join demand using (topic))
        select topic, articles, supply / nullif(sum(supply) over (), 0), readers, demand / sum(demand) over (),
            case when supply > 0 then 100 * (demand / sum(demand) over ()) / (supply / sum(supply) over ()) end
        from both_sides
        """,
    )
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    columns = ", ".join(f"count(*) filter (where isodow(moment) = {day})" for day in range(1, 8))
    add("hours", 1, names,
        f"select printf('%02d:00', hour(moment)), {columns} from events where kind = 'read' and moment >= month_start() and moment < month_stop() "
        "group by hour(moment)")
    for name in [row[0] for table in report["tables"] if table["name"] == "active_days" for row in table["rows"]]:
        low, high = limits_of_days(name)
        days = lake.row(
            f"""
            with days as (select member_id, count(distinct moment::date) as days from events
                where kind in {ACTIVE} and moment >= month_start() and moment < month_stop() group by 1)
            select count(*) as members from built_member_states left join days using (member_id)
            where coalesce(days, 0) between {low} and {high}
            """
        )
        found.setdefault("active_days", (1, {}))[1][(name,)] = {"members": days["members"]}
    add("districts", 2, ["members"],
        "select coalesce(home_district, 'unknown'), coalesce(work_district, 'unknown'), count(*) from built_member_states "
        "group by 1, 2")
    if lake.has("raw_feedback"):
        ratings = """
            with ratings as (select coalesce(f.member_id, s.member_id) as rater, item_id, rating from raw_feedback f
                left join built_member_states s on f.openid = s.openid and f.member_id is null
                where rating is not null and moment >= month_start() and moment < least(month_stop(), as_of())
                    and coalesce(f.member_id, s.member_id) is not null)
        """
        values = ["raters", "ratings", "rating"]
        add("ratings_by_item", 1, values, f"{ratings} select coalesce(item_id, ''), count(distinct rater), count(*), "
            "avg(rating) from ratings group by 1")
        add("ratings_by_topic", 1, values, f"{ratings} select topic, count(distinct rater), count(*), avg(rating) "
            "from ratings join built_item_topics using (item_id) group by 1")
    add(
        "retention", 1, ["members"] + [f"after_{later}" for later in range(1, 6)],
        f"""
        with firsts as (select member_id, date_trunc('month', first_active_at)::date as first from built_member_states
            where first_active_at < timestamptz '{month} 00:00:00' + interval 1 month),
        months as (select distinct member_id, date_trunc('month', moment)::date as active from events where kind in {ACTIVE}),
        sizes as (select first, count(*) as size from firsts group by 1),
        later as (select first, date_diff('month', first, active) as after, count(*) as people
            from firsts join months using (member_id)
            where active <= date '{month}' and active > first group by 1, 2)
        select strftime(first, '%Y-%m'), size, {", ".join(
            f"case when first + interval {after} month <= date '{month}' then "
            f"coalesce(max(people) filter (where after = {after}), 0) / size end" for after in range(1, 6))}
        from sizes left join later using (first) group by first, size
        """,
    )
    return found


def limits_of_days(name):
    """The least and the most days of a class: `0`, `1`, `2–3` or `≥ 31`."""
    if name.startswith("≥"):
        return int(name[1:]), 366
    parts = [int(part) for part in name.split("–")]
    return parts[0], parts[-1]


def recommender(home, report):
    """What serves, from the card beside the published snapshot."""
    version = (home / "published" / "current").read_text().strip()
    card = json.loads((home / "published" / version / "model-card.json").read_text())
    trained, made = (datetime.fromisoformat(text) for text in (card.get("trained_as_of") or card["as_of"], report["as_of"]))
    return 1, {
        (f"{side['group']}_{side['side']}",): {
            "model_age": int((made - trained).total_seconds() / 86_400), "serves": side["serves"], "accepted": side["accepted"],
        }
        for side in card["sides"]
    }


def sources(lake):
    """Rows, latest time, rejected rows and values set to unknown of every contract table that has any."""
    times = {
        "reads": "read_at", "shares": "shared_at", "sign_ups": "signed_up_at", "pushes": "sent_at", "shown": "shown_at",
        "feedback": "moment", "member_events": "moment",
    }
    rejected = {}
    if lake.has("raw_rejects"):
        rejected = dict(lake.rows('select "table", count(*) from (select distinct "table", sha256, "row" from raw_rejects '
            'where rejected_at < as_of()) group by 1'))
    nulled = {}
    if lake.has("raw_nulled"):
        nulled = dict(lake.rows('select "table", count(*) from (select distinct "table", sha256, "row", "column" '
            'from raw_nulled where rejected_at < as_of()) group by 1'))
    found = {}
    for view in sorted(lake.known):
        name = view.removeprefix("raw_")
        if name != view and name not in ("rejects", "nulled"):
            latest = f"strftime(max({times[name]}), '%Y-%m-%d %H:%M')" if name in times else "null"
            row = lake.row(f"select {latest} as latest, count(*) as rows from {view}")
            found[(name,)] = row | {
                "rejected_rows": rejected.get(name, 0),
                "nulled_values": nulled.get(name, 0),
            }
    return 1, found


def is_equal(one, other):
    if one is None or other is None:
        return one is None and other is None
    if isinstance(one, str) or isinstance(other, str):
        return str(one) == str(other)
    # Tables have four decimals.
    return math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=5.1e-5)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--zone", default="Asia/Shanghai")
    parser.add_argument("--month", help="first day of the month of the tables that are not about the days of the period")
    arguments = parser.parse_args()
    report = json.loads(arguments.report.read_text())
    lake = Lake(arguments.home, report, arguments.zone)
    minimum = report["fewest_people"]
    month = arguments.month or lake.row(
        "select (case when stop() = date_trunc('month', stop()) then stop() else date_trunc('month', least(stop(), as_of())) "
        "end - interval 1 month)::date::varchar as month"
    )["month"]
    counts = {"equal": 0, "different": 0, "hidden": 0}
    different, unchecked = [], []

    def compare(what, shown, computed):
        result = "equal" if is_equal(shown, computed) else "different"
        counts[result] += 1
        if result == "different":
            different.append({"figure": what, "report": shown, "computed": computed})

    of_account, account_days = account(lake, report)
    computed = metrics(lake, report, minimum) | of_account
    for metric in report["metrics"]:
        if metric["suppressed"]:
            counts["hidden"] += 1
        elif metric["name"] in computed:
            compare(metric["name"], metric["value"], computed[metric["name"]])
        else:
            unchecked.append(metric["name"])
    again = tables(lake, report, month) | {"sources": sources(lake)}
    again |= {"account_days": account_days, "account_articles": articles(lake, report)}
    again["recommender"] = recommender(arguments.home, report)
    for table in report["tables"]:
        if again.get(table["name"]) is None:
            unchecked.append(table["name"])
            continue
        keys, cells = again[table["name"]]
        for row in table["rows"]:
            named = dict(zip(table["columns"], row))
            # The columns that name the row: the first ones, or those at some places.
            named_by = row[:keys] if isinstance(keys, int) else [row[at] for at in keys]
            of_row = cells.get(tuple(named_by), {})
            for column, shown in named.items():
                if isinstance(shown, str) and shown == f"<{minimum}":
                    counts["hidden"] += 1
                elif column in of_row:
                    compare(f"{table['name']} {named_by} {column}", shown, of_row[column])
                elif not of_row and isinstance(shown, int):
                    # A row without events has no computed row.
                    compare(f"{table['name']} {named_by} {column}", shown, 0)
    print(json.dumps(counts | {"differences": different[:50], "unchecked": unchecked}, ensure_ascii=False))


if __name__ == "__main__":
    main()
