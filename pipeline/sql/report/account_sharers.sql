-- Identified members who shared on each day of the period. Grain: day.
with shared_by as (
    select local_day(at) as day, member_id
    from events
    where at >= $from and at < $to and kind = 'share'
    group by local_day(at), member_id
)
select cast(day as varchar) as day, count(*) as sharers from shared_by group by day order by day
