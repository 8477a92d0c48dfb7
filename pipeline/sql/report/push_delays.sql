-- The exact median of the hours from a push of an article to its first read. Grain: one row.
with delays as (
    select read_after_seconds, count(*) as times
    from responses
    where arm = 'push' and is_judged and item_kind = 'article' and read_after_seconds is not null
    group by read_after_seconds
),
cumulative as (
    select
        read_after_seconds,
        sum(times) over (order by read_after_seconds) as times_up_to,
        sum(times) over () as times_total
    from delays
)
select
    (
        min(read_after_seconds) filter (where 2 * times_up_to >= times_total)
        + min(read_after_seconds) filter (where 2 * times_up_to > times_total)
    ) / 7200.0 as push_read_hours
from cumulative
