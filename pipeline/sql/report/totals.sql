-- People and person-times of the members in view in one period. Grain: one row.
-- Active means a read, share, sign-up or attendance.
with by_member as (
    select
        member_id,
        kind,
        count(*) as times,
        count(*) filter (where read_fraction is not null) as measured,
        count(*) filter (where read_fraction >= 0.9) as finished
    from events
    where at >= $from and at < $to
    group by member_id, kind
),
people as (
    select
        member_id,
        sum(times) filter (where kind = 'read') as reads,
        sum(measured) filter (where kind = 'read') as measured_reads,
        sum(finished) filter (where kind = 'read') as finished_reads,
        sum(times) filter (where kind = 'share') as shares,
        sum(times) filter (where kind = 'push') as pushes,
        sum(times) filter (where kind = 'hold_out') as hold_outs,
        max(case when kind in ('read', 'share', 'sign_up', 'attended') then 1 else 0 end) as is_active
    from by_member
    group by member_id
)
select
    count(*) filter (where is_active = 1) as active_members,
    count(reads) as readers,
    coalesce(sum(reads), 0) as reads,
    coalesce(sum(measured_reads), 0) as measured_reads,
    coalesce(sum(finished_reads), 0) as finished_reads,
    count(shares) as sharers,
    count(*) filter (where reads > 0 and shares > 0) as sharing_readers,
    coalesce(sum(shares), 0) as shares,
    count(pushes) as pushed_members,
    coalesce(sum(pushes), 0) as pushes,
    count(hold_outs) as held_out_members
from people
