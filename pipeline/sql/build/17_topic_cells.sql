-- Reading by age band and topic: people, person-times, and attention (an item with n topics gives 1/n to each).
-- Grain: age band and topic.
select
    member_states.age_band,
    topic_weights.topic,
    count(*) as readers,
    sum(topic_weights.reads) as reads,
    sum(topic_weights.attention) as attention
from member_states
join topic_weights on member_states.member_id = topic_weights.member_id
where topic_weights.reads > 0
group by member_states.age_band, topic_weights.topic
