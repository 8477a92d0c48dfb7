-- Members by the month of their first activity, and those of them who were active in each later month of the period.
-- All members of a first month are active in it. Grain: first month and month.
with first_months as (
    select member_id as first_member, substr(cast(local_day(first_active_at) as varchar), 1, 7) as first_month
    from members_in_view
    where first_active_at < $to
),
active_months as (
    select member_id as active_member, date_trunc('month', day) as month_start
    from member_days
    where first_active_at >= $from and first_active_at < $to
    group by member_id, date_trunc('month', day)
),
later_months as (
    select first_months.first_month, substr(cast(active_months.month_start as varchar), 1, 7) as month
    from first_months
    join active_months on first_months.first_member = active_months.active_member
)
select first_month, month, count(*) as people
from later_months
where month > first_month
group by first_month, month
union all
select first_month, first_month as month, count(*) as people
from first_months
group by first_month
