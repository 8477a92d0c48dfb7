-- A member's evidence of interest by topic: reads and sign-ups, halved every $topic_half_life_days; and reads as person-times
-- and as attention (an item with n topics gives 1/n to each). Grain: member and topic.
select
    interactions.member_id,
    item_topics.topic,
    sum(
        interactions.weight * item_topics.share
        * power(2.0, (date_part('epoch', interactions.at) - $as_of_seconds) / 86400.0 / $topic_half_life_days)
    ) as weight,
    count(*) filter (where interactions.kind = 'read') as reads,
    coalesce(sum(item_topics.share) filter (where interactions.kind = 'read'), 0.0) as attention
from item_topics
join interactions on item_topics.item_id = interactions.item_id
where interactions.kind in ('read', 'sign_up')
group by interactions.member_id, item_topics.topic
