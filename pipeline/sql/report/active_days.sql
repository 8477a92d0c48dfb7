-- Active members in view by the number of days of the period on which they read, shared, signed up or attended.
-- Grain: number of days.
with days as (
    select member_id as active_member, count(*) as active_days
    from member_days
    where first_active_at >= $from and first_active_at < $to and first_active_at < $as_of
    group by member_id
)
select days.active_days, count(*) as people
from days
join members_in_view on days.active_member = members_in_view.member_id
group by days.active_days
order by days.active_days
