-- The exact median of the days from a sign-up of the period to the start of the activity, of those who attended. Grain: one row.
with leads as (
    select
        to_unixtime(items.starts_at) - to_unixtime(sign_up_states.signed_up_at) as lead_seconds,
        count(*) as times
    from items
    join sign_up_states on items.item_id = sign_up_states.activity_id
    join members_in_view on sign_up_states.member_id = members_in_view.member_id
    where sign_up_states.status = 'attended'
        and sign_up_states.signed_up_at >= $from
        and sign_up_states.signed_up_at < $to
        and items.starts_at >= sign_up_states.signed_up_at
    group by to_unixtime(items.starts_at) - to_unixtime(sign_up_states.signed_up_at)
),
cumulative as (
    select lead_seconds, sum(times) over (order by lead_seconds) as times_up_to, sum(times) over () as times_total from leads
)
select
    (
        min(lead_seconds) filter (where 2 * times_up_to >= times_total) + min(lead_seconds) filter (where 2 * times_up_to > times_total)
    ) / 172800.0 as sign_up_lead_days
from cumulative
