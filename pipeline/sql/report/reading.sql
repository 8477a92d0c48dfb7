-- Articles read in the period, and the median of the seconds that reads lasted where the source says so: the mean of the lower
-- and the upper median, exact. Grain: one row.
with durations as (
    select dwell_seconds, count(*) as times
    from events
    where kind = 'read' and at >= $from and at < $to and dwell_seconds is not null
    group by dwell_seconds
),
counted as (
    select
        dwell_seconds,
        sum(times) over (order by dwell_seconds) as times_up_to,
        sum(times) over () as times_in_all
    from durations
)
select
    (
        select
            (
                min(dwell_seconds) filter (where 2 * times_up_to >= times_in_all)
                + min(dwell_seconds) filter (where 2 * times_up_to > times_in_all)
            ) / 2.0
        from counted
    ) as dwell_seconds,
    count(distinct item_id) as articles_read
from events
where kind = 'read' and at >= $from and at < $to
