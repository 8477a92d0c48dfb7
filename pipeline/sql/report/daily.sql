-- Each day of the period. Grain: day.
with by_member as (
    select local_day(at) as day, kind, member_id, count(*) as times
    from events
    where at >= $from and at < $to and kind in ('read', 'sign_up', 'attended')
    group by local_day(at), kind, member_id
)
select
    cast(day as varchar) as day,
    count(*) filter (where kind = 'read') as readers,
    coalesce(sum(times) filter (where kind = 'read'), 0) as reads,
    count(*) filter (where kind = 'sign_up') as members_signed_up,
    coalesce(sum(times) filter (where kind = 'sign_up'), 0) as sign_ups
from by_member
group by day
order by day
