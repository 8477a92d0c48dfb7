-- Active members by the month of their first activity and by month; an empty first month is one before the period.
-- Grain: first month and month.
with active_months as (
    select member_id as active_member, date_trunc('month', day) as month
    from member_days
    where first_active_at >= $from and first_active_at < $to
    group by member_id, date_trunc('month', day)
)
select
    case
        when members_in_view.first_active_at >= $from
            then substr(cast(local_day(members_in_view.first_active_at) as varchar), 1, 7)
        else ''
    end as first_month,
    substr(cast(active_months.month as varchar), 1, 7) as month,
    count(*) as people
from members_in_view
join active_months on members_in_view.member_id = active_months.active_member
group by 1, 2
