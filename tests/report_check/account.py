"""Recomputes what a report says about WeChat's statistics of the account, beside identified members."""

METRICS = ["account_read_users", "account_reads", "account_share_users", "identified_read_users", "identified_share"]


def whole_days(lake):
    """WeChat's figures of whole days by day and generation; an interface goes before an export from the admin site."""
    return lake.rows(
        """
        with current as (
            select *, row_number() over (partition by generation, interface, day, hour, msgid, source
                order by updated_at desc nulls last, _batch desc, _row desc) as newest
            from raw_account_statistics where updated_at is null or updated_at < as_of()),
        whole as (
            select *, row_number() over (partition by day, generation order by interface nulls last) as place from current
            where newest = 1 and msgid is null and source is null and hour is null and read_users is not null
                and day >= start()::date and day < stop()::date and day < as_of()::date)
        select day::varchar, generation, read_users, read_times, share_users from whole where place = 1 order by 1, 2
        """
    )


def identified_days(lake):
    """Readers, reads and sharers of each day."""
    rows = lake.rows(
        """
        select moment::date::varchar, count(distinct member_id) filter (where kind = 'read'),
            count(*) filter (where kind = 'read'), count(distinct member_id) filter (where kind = 'share')
        from events where moment >= start() and moment < stop() group by 1
        """
    )
    return {day: (readers, reads, sharers) for day, readers, reads, sharers in rows}


def account(lake, report):
    """The metrics by name, and the table of days or months. Days whose readers the table hides are left out of the identified side."""
    shown = next((table for table in report["tables"] if table["name"] == "account_days"), None)
    if shown is None or not lake.has("raw_account_statistics"):
        return {}, None
    days, ours = whole_days(lake), identified_days(lake)
    by_month = shown["columns"][0] == "month"
    columns = ["account_read_users", "identified_read_users", "identified_share", "account_reads", "identified_reads",
        "account_share_users", "identified_share_users"]
    # A table of months leaves hidden days out of its sums, which only the table of days tells.
    computed = {}
    if not by_month:
        for day, generation, read_users, read_times, share_users in days:
            readers, reads, sharers = ours.get(day, (0, 0, 0))
            share = readers / read_users if read_users else None
            computed[(day, generation)] = dict(
                zip(columns, [read_users, readers, share, read_times, reads, share_users, sharers])
            )
    else:
        for day, generation, read_users, read_times, share_users in days:
            month = computed.setdefault((day[:7], generation), {"account_read_users": 0})
            month["account_read_users"] += read_users
    of_generation = {name: sum(1 for row in days if row[1] == name) for name in ["old", "new"]}
    generation = max(["old", "new"], key=lambda name: (of_generation[name], name == "new"))
    of_metrics = [row for row in days if row[1] == generation]
    total = lambda column: None if any(row[column] is None for row in of_metrics) else sum(row[column] for row in of_metrics)
    metrics = {"account_read_users": total(2), "account_reads": total(3), "account_share_users": total(4)}
    if not by_month:
        hidden = {row[0] for row in shown["rows"] if str(row[3]).startswith("<")}
        compared = [row for row in of_metrics if row[0] not in hidden]
        readers = sum(ours.get(row[0], (0, 0, 0))[0] for row in compared)
        metrics["identified_read_users"] = readers if compared else None
        account_readers = sum(row[2] for row in compared)
        metrics["identified_share"] = readers / account_readers if account_readers else None
    return metrics, (2, computed)


def articles(lake, report):
    """The articles whose id in WeChat's statistics is the item's: WeChat's people and ours, summed over the days of its figures."""
    shown = next((table for table in report["tables"] if table["name"] == "account_articles"), None)
    if shown is None:
        return None
    by = shown["columns"].index("matched_by")
    ids = [row[0] for row in shown["rows"] if row[by] == "id"]
    rows = lake.rows(
        f"""
        with current as (
            select *, coalesce(cumulative, false) as is_cumulative,
                row_number() over (partition by generation, interface, day, hour, msgid, source
                    order by updated_at desc nulls last, _batch desc, _row desc) as newest
            from raw_account_statistics
            where (updated_at is null or updated_at < as_of()) and day < as_of()::date and source is null and hour is null
                and list_contains({ids}, msgid)),
        published as (select msgid, coalesce(min(published_on), min(day)) as first from current where newest = 1 group by 1),
        days as (
            select msgid, generation, day, is_cumulative, max(read_users) as readers, max(share_users) as sharers
            from current where newest = 1 group by all),
        last as (
            select msgid, generation, max(day) as day, arg_max(readers, day) as readers, arg_max(sharers, day) as sharers
            from days where is_cumulative group by all),
        of_days as (
            select msgid, generation, list(day) as days, sum(readers) as readers, sum(sharers) as sharers
            from days where not is_cumulative group by all),
        figures as (
            select msgid, generation, last.readers, last.sharers,
                generate_series(first, last.day, interval 1 day)::date[] as days
            from last join published using (msgid) where last.readers is not null
            union all
            select msgid, generation, readers, sharers, days from of_days
            where (msgid, generation) not in (select (msgid, generation) from last where readers is not null)),
        acts as (
            select distinct msgid, generation, kind, member_id, moment::date as day
            from figures join events on item_id = msgid and list_contains(days, moment::date) where kind in ('read', 'share'))
        select msgid, generation, any_value(readers)::bigint, any_value(sharers)::bigint,
            count(*) filter (where kind = 'read'), count(*) filter (where kind = 'share')
        from figures left join acts using (msgid, generation) group by 1, 2
        """
    )
    computed = {
        (article, generation): {
            "account_read_users": readers,
            "account_share_users": sharers,
            "identified_read_users": read_days,
            "identified_share": read_days / readers if readers else None,
            "identified_share_users": share_days,
        }
        for article, generation, readers, sharers, read_days, share_days in rows
    }
    keys = [shown["columns"].index(name) for name in ["article_id", "generation"]]
    return keys, computed
