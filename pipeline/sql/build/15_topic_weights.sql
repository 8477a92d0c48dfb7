-- A member's evidence of interest by topic: reads, shares, sign-ups and attendances, each counting 1 (a read as far as it
-- went) and halved every $topic_half_life_days, as the published snapshot weighs them; and reads as person-times and as attention (an item with n topics
-- gives 1/n to each). Grain: member and topic.
-- Items with a sensitive topic are no evidence for their other topics either: their shares here add up to less than 1.
-- A sign-up that was cancelled is no evidence.
-- Where a member had a topic deleted, what was done until then is no evidence. Members without personalised lists have no rows.
with refusals as (
    select member_id as refusing_member from member_states where not personalised
),
open_items as (
    select item_id as open_item from item_topics group by item_id having sum(share) > 0.999999
),
told as (
    select
        interactions.member_id,
        interactions.item_id,
        item_topics.topic,
        item_topics.share,
        read_weight(interactions.read_fraction, interactions.dwell_seconds) as factor,
        interactions.kind,
        interactions.at
    from open_items
    join item_topics on open_items.open_item = item_topics.item_id
    join interactions on item_topics.item_id = interactions.item_id
    where interactions.kind in ('read', 'share', 'sign_up', 'attended')
),
cancelled as (
    select member_id as cancelling_member, activity_id as cancelled_item from sign_up_states where status = 'cancelled'
),
standing as (
    select told.member_id, told.topic, told.share, told.factor, told.kind, told.at
    from cancelled
    right anti join told
        on cancelled.cancelling_member = told.member_id
        and cancelled.cancelled_item = told.item_id
        and told.kind = 'sign_up'
),
allowed as (
    select standing.member_id, standing.topic, standing.share, standing.factor, standing.kind, standing.at
    from refusals
    right anti join standing on refusals.refusing_member = standing.member_id
)
select
    allowed.member_id,
    allowed.topic,
    sum(
        allowed.share
        * allowed.factor
        * power(2.0, (date_part('epoch', allowed.at) - $as_of_seconds) / 86400.0 / $topic_half_life_days)
    ) as weight,
    count(*) filter (where allowed.kind = 'read') as reads,
    coalesce(sum(allowed.share) filter (where allowed.kind = 'read'), 0.0) as attention
from deleted_topics
right join allowed on deleted_topics.deleted_member = allowed.member_id and deleted_topics.deleted_topic = allowed.topic
where deleted_topics.deleted_at is null or allowed.at > deleted_topics.deleted_at
group by allowed.member_id, allowed.topic
