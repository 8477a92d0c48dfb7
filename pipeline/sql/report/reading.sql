-- Articles read in the period, and the exact median of the known reading times in seconds. Grain: one row.
with durations as (
    select dwell_seconds, count(*) as times
    from events
    where kind = 'read' and at >= $from and at < $to and dwell_seconds is not null
    group by dwell_seconds
),
cumulative as (
    select
        dwell_seconds,
        sum(times) over (order by dwell_seconds) as times_up_to,
        sum(times) over () as times_total
    from durations
)
select
    (
        select
            (
                min(dwell_seconds) filter (where 2 * times_up_to >= times_total)
                + min(dwell_seconds) filter (where 2 * times_up_to > times_total)
            ) / 2.0
        from cumulative
    ) as dwell_seconds,
    count(distinct item_id) as articles_read
from events
where kind = 'read' and at >= $from and at < $to
