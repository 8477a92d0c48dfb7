-- Seats of the activities that begin in the period and have a capacity, and the seats that members in view took. Grain: one row.
with with_capacity as (
    select item_id, capacity
    from items
    where kind <> 'article' and capacity is not null and starts_at >= $from and starts_at < $to
),
taken_seats as (
    select sign_up_states.member_id as holder, sum(sign_up_states.tickets) as tickets
    from with_capacity
    join sign_up_states on with_capacity.item_id = sign_up_states.activity_id
    where sign_up_states.status in ('registered', 'attended')
    group by sign_up_states.member_id
)
select
    (select coalesce(sum(capacity), 0) from with_capacity) as seats_offered,
    coalesce(sum(taken_seats.tickets), 0) as seats_taken,
    count(*) as seat_holders
from members_in_view
join taken_seats on members_in_view.member_id = taken_seats.holder
