-- Reading by age band and topic: people, person-times, and attention (an item with n topics gives 1/n to each).
-- Grain: age band and topic.
with by_member as (
    select interactions.member_id, item_topics.topic, count(*) as reads, sum(item_topics.share) as attention
    from item_topics
    join interactions on item_topics.item_id = interactions.item_id
    where interactions.kind = 'read'
    group by interactions.member_id, item_topics.topic
)
select
    member_states.age_band,
    by_member.topic,
    count(*) as readers,
    sum(by_member.reads) as reads,
    sum(by_member.attention) as attention
from member_states
join by_member on member_states.member_id = by_member.member_id
group by member_states.age_band, by_member.topic
