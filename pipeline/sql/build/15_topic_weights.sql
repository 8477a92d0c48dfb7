-- A member's evidence of interest by topic: reads and sign-ups, halved every $topic_half_life_days; and reads as person-times
-- and as attention (an item with n topics gives 1/n to each). Grain: member and topic.
-- Where a member had a topic deleted, what was done until then is no evidence.
with told as (
    select
        interactions.member_id,
        item_topics.topic,
        item_topics.share,
        interactions.kind,
        interactions.at,
        interactions.weight
    from item_topics
    join interactions on item_topics.item_id = interactions.item_id
    where interactions.kind in ('read', 'sign_up')
)
select
    told.member_id,
    told.topic,
    sum(
        told.weight * told.share
        * power(2.0, (date_part('epoch', told.at) - $as_of_seconds) / 86400.0 / $topic_half_life_days)
    ) as weight,
    count(*) filter (where told.kind = 'read') as reads,
    coalesce(sum(told.share) filter (where told.kind = 'read'), 0.0) as attention
from deleted_topics
right join told on deleted_topics.deleted_member = told.member_id and deleted_topics.deleted_topic = told.topic
where deleted_topics.deleted_at is null or told.at > deleted_topics.deleted_at
group by told.member_id, told.topic
