-- Person-times of each member on each day. Grain: member and day in the configured zone.
-- `first_active_at` and `last_active_at` cover reads, shares, sign-ups and attendances.
select
    member_id,
    local_day(at) as day,
    count(*) filter (where kind = 'read') as reads,
    count(*) filter (where kind = 'share') as shares,
    count(*) filter (where kind = 'sign_up') as sign_ups,
    count(*) filter (where kind = 'cancel') as cancellations,
    count(*) filter (where kind = 'attended') as attendances,
    count(*) filter (where kind = 'push') as pushes,
    min(at) filter (where kind in ('read', 'share', 'sign_up', 'attended')) as first_active_at,
    max(at) filter (where kind in ('read', 'share', 'sign_up', 'attended')) as last_active_at
from month_interactions
where at >= $month_from and at < $month_to
group by member_id, local_day(at)
