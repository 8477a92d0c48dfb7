-- Who signed up, came or cancelled has a standing row for that activity, and nobody else has.
with seen as (
    select member_id, item_id from interactions where kind in ('sign_up', 'attended', 'cancel') group by member_id, item_id
)
select seen.item_id as seen_item, sign_up_states.activity_id as standing_item
from seen
full join sign_up_states on seen.member_id = sign_up_states.member_id and seen.item_id = sign_up_states.activity_id
where seen.item_id is null or sign_up_states.activity_id is null
limit 5
