-- Reading by age band and topic: people, person-times, and attention (an item with n topics gives 1/n to each).
-- Grain: age band and topic. Members without personalised lists have no rows in `topic_weights`, but they count.
-- Items with a sensitive topic count for none of their topics, as in `topic_weights`.
with refusals as (
    select member_id as refusing_member, age_band from member_states where not personalised
),
refusing_reads as (
    select refusals.refusing_member, refusals.age_band, interactions.item_id
    from refusals
    join interactions on refusals.refusing_member = interactions.member_id
    where interactions.kind = 'read'
),
open_items as (
    select item_id as open_item from item_topics group by item_id having sum(share) > 0.999999
),
readers as (
    select member_states.age_band, topic_weights.topic, topic_weights.reads, topic_weights.attention
    from member_states
    join topic_weights on member_states.member_id = topic_weights.member_id
    where topic_weights.reads > 0
    union all
    select refusing_reads.age_band, item_topics.topic, count(*) as reads, sum(item_topics.share) as attention
    from open_items
    join item_topics on open_items.open_item = item_topics.item_id
    join refusing_reads on item_topics.item_id = refusing_reads.item_id
    group by refusing_reads.refusing_member, refusing_reads.age_band, item_topics.topic
)
select age_band, topic, count(*) as readers, sum(reads) as reads, sum(attention) as attention
from readers
group by age_band, topic
