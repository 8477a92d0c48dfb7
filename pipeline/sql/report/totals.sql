-- The figures of one period, people and person-times apart. Grain: one row.
-- Active: read, shared, signed up, came or gave feedback.
with by_member as (
    select member_id, union_id, kind, count(*) as times
    from events
    where at >= $from and at < $to
    group by member_id, union_id, kind
),
people as (
    select
        member_id,
        union_id,
        sum(times) filter (where kind = 'read') as reads,
        sum(times) filter (where kind = 'share') as shares,
        sum(times) filter (where kind = 'sign_up') as sign_ups,
        sum(times) filter (where kind = 'attended') as attendances,
        sum(times) filter (where kind = 'push') as pushes,
        max(case when kind in ('read', 'share', 'sign_up', 'attended', 'feedback') then 1 else 0 end) as is_active
    from by_member
    group by member_id, union_id
)
select
    count(*) filter (where is_active = 1) as active_members,
    count(reads) as readers,
    coalesce(sum(reads), 0) as reads,
    count(shares) as sharers,
    coalesce(sum(shares), 0) as shares,
    count(sign_ups) as members_signed_up,
    coalesce(sum(sign_ups), 0) as sign_ups,
    count(attendances) as members_attended,
    coalesce(sum(attendances), 0) as attendances,
    count(pushes) as members_pushed,
    coalesce(sum(pushes), 0) as pushes,
    count(distinct union_id) filter (where is_active = 1) as active_unions
from people
