-- A member's evidence of interest by topic: reads and sign-ups, halved every $topic_half_life_days. Grain: member and topic.
-- Where a member had a topic deleted, what was done until then is no evidence.
select
    interactions.member_id,
    item_topics.topic,
    sum(
        interactions.weight * item_topics.share
        * power(2.0, (date_part('epoch', interactions.at) - $as_of_seconds) / 86400.0 / $topic_half_life_days)
    ) as weight
from item_topics
join interactions on item_topics.item_id = interactions.item_id
left join deleted_topics
    on interactions.member_id = deleted_topics.deleted_member and item_topics.topic = deleted_topics.deleted_topic
where interactions.kind in ('read', 'sign_up')
    and (deleted_topics.deleted_at is null or interactions.at > deleted_topics.deleted_at)
group by interactions.member_id, item_topics.topic
