-- Activities for which members in view signed up in the period, with the current status of these sign-ups. Grain: activity.
with current_sign_ups as (
    select
        sign_up_states.activity_id,
        count(*) filter (where sign_up_states.status <> 'cancelled') as sign_up_members,
        count(*) filter (where sign_up_states.status = 'registered') as registered,
        count(*) filter (where sign_up_states.status = 'waitlisted') as waitlisted,
        count(*) filter (where sign_up_states.status = 'attended') as attended,
        count(*) filter (where sign_up_states.status = 'no_show') as no_shows,
        coalesce(sum(sign_up_states.tickets) filter (where sign_up_states.status in ('registered', 'attended')), 0)
            as seats_taken
    from members_in_view
    join sign_up_states on members_in_view.member_id = sign_up_states.member_id
    where sign_up_states.signed_up_at >= $from and sign_up_states.signed_up_at < $to
    group by sign_up_states.activity_id
)
select
    current_sign_ups.activity_id,
    coalesce(items.title, current_sign_ups.activity_id) as title,
    current_sign_ups.sign_up_members,
    current_sign_ups.seats_taken,
    items.capacity,
    current_sign_ups.waitlisted,
    current_sign_ups.attended,
    current_sign_ups.no_shows,
    current_sign_ups.registered
from current_sign_ups
left join items on current_sign_ups.activity_id = items.item_id
order by
    case when current_sign_ups.sign_up_members >= $min_people then current_sign_ups.sign_up_members else 0 end desc,
    current_sign_ups.activity_id
