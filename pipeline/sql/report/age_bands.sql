-- Members of each age band, how many were active, how many read. Grain: age band.
with people as (
    select member_id, max(case when kind = 'read' then 1 else 0 end) as has_read
    from events
    where at >= $from and at < $to and kind in ('read', 'share', 'sign_up', 'attended')
    group by member_id
)
select
    members_in_view.age_band,
    count(*) as members,
    count(people.member_id) as active_members,
    coalesce(sum(people.has_read), 0) as readers
from members_in_view
left join people on members_in_view.member_id = people.member_id
group by members_in_view.age_band
order by members_in_view.age_band
