-- What happened each day: people and person-times apart. Grain: day in the union's zone.
with by_member as (
    select local_day(at) as day, kind, member_id, count(*) as times
    from interactions
    group by local_day(at), kind, member_id
)
select
    day,
    count(*) filter (where kind = 'read') as readers,
    coalesce(sum(times) filter (where kind = 'read'), 0) as reads,
    count(*) filter (where kind = 'share') as sharers,
    coalesce(sum(times) filter (where kind = 'share'), 0) as shares,
    count(*) filter (where kind = 'sign_up') as members_signed_up,
    coalesce(sum(times) filter (where kind = 'sign_up'), 0) as sign_ups,
    coalesce(sum(times) filter (where kind = 'cancel'), 0) as cancellations,
    count(*) filter (where kind = 'attended') as members_attended,
    coalesce(sum(times) filter (where kind = 'attended'), 0) as attendances,
    count(*) filter (where kind = 'push') as members_pushed,
    coalesce(sum(times) filter (where kind = 'push'), 0) as pushes
from by_member
group by day
