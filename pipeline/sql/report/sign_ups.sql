-- The sign-ups of the period with their current status. Grain: one row.
with current_sign_ups as (
    select sign_up_states.member_id, sign_up_states.status
    from members_in_view
    join sign_up_states on members_in_view.member_id = sign_up_states.member_id
    where sign_up_states.signed_up_at >= $from and sign_up_states.signed_up_at < $to
),
people as (
    select
        member_id,
        count(*) filter (where status <> 'cancelled') as sign_ups,
        count(*) filter (where status = 'attended') as attended,
        count(*) filter (where status = 'no_show') as no_shows,
        count(*) filter (where status = 'cancelled') as cancellations
    from current_sign_ups
    group by member_id
)
select
    coalesce(sum(sign_ups), 0) as sign_ups,
    count(*) filter (where sign_ups > 0) as sign_up_members,
    coalesce(sum(attended), 0) as attended,
    count(*) filter (where attended > 0) as attended_members,
    coalesce(sum(no_shows), 0) as no_shows,
    count(*) filter (where no_shows > 0) as no_show_members,
    coalesce(sum(cancellations), 0) as cancellations,
    count(*) filter (where cancellations > 0) as cancelling_members
from people
