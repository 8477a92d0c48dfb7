-- Seats of the activities that begin in the period and have a capacity, and those of them that members in view hold.
-- Grain: one row.
with limited as (
    select item_id, capacity
    from items
    where kind <> 'article' and capacity is not null and starts_at >= $from and starts_at < $to
),
held as (
    select sign_up_states.member_id as holder, sum(sign_up_states.tickets) as tickets
    from limited
    join sign_up_states on limited.item_id = sign_up_states.activity_id
    where sign_up_states.status in ('registered', 'attended')
    group by sign_up_states.member_id
)
select
    (select coalesce(sum(capacity), 0) from limited) as seats_offered,
    coalesce(sum(held.tickets), 0) as seats_taken,
    count(*) as seat_holders
from members_in_view
join held on members_in_view.member_id = held.holder
