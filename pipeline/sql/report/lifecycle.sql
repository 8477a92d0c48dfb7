-- Members in view by whether they were active in the period and in the one just before. Grain: one row.
with activity as (
    select
        member_id as acting_member,
        max(case when at >= $from then 1 else 0 end) as is_active,
        max(case when at < $from then 1 else 0 end) as was_active
    from events
    where at >= $before_from and at < $to and kind in ('read', 'share', 'sign_up', 'attended')
    group by member_id
)
select
    count(*) filter (where is_active = 1 and was_active = 1) as returning_members,
    count(*) filter (where is_active = 1 and was_active = 0 and members_in_view.first_active_at < $from)
        as resurrected_members,
    count(*) filter (where is_active = 0 and was_active = 1) as dormant_members
from members_in_view
join activity on members_in_view.member_id = activity.acting_member
