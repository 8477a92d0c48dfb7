-- Activities for which members in view signed up in the period, as their sign-ups stand now. Grain: activity.
with standing as (
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
    standing.activity_id,
    coalesce(items.title, standing.activity_id) as title,
    standing.sign_up_members,
    standing.seats_taken,
    items.capacity,
    standing.waitlisted,
    standing.attended,
    standing.no_shows,
    standing.registered
from standing
left join items on standing.activity_id = items.item_id
order by case when standing.sign_up_members >= $fewest then standing.sign_up_members else 0 end desc, standing.activity_id
limit 50
