-- Members and active members of each union in view, silent ones first, large ones first among them. Grain: union.
with people as (
    select member_id
    from events
    where at >= $from and at < $to and kind in ('read', 'share', 'sign_up', 'attended')
    group by member_id
),
counted as (
    select members_in_view.union_id, count(*) as members, count(people.member_id) as active_members
    from members_in_view
    left join people on members_in_view.member_id = people.member_id
    where members_in_view.union_id is not null
    group by members_in_view.union_id
)
select
    counted.union_id,
    coalesce(union_activity.name, counted.union_id) as name,
    counted.members,
    counted.active_members
from counted
left join union_activity on counted.union_id = union_activity.union_id
order by counted.active_members = 0 desc, counted.members desc, counted.union_id
