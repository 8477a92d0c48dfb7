-- Exactly the members and activities with a sign-up, attendance or cancellation have a current sign-up.
with in_interactions as (
    select member_id, item_id from interactions where kind in ('sign_up', 'attended', 'cancel') group by member_id, item_id
)
select in_interactions.item_id as interaction_item, sign_up_states.activity_id as current_item
from in_interactions
full join sign_up_states
    on in_interactions.member_id = sign_up_states.member_id
    and in_interactions.item_id = sign_up_states.activity_id
where in_interactions.item_id is null or sign_up_states.activity_id is null
limit 5
