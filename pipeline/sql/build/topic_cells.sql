-- Reads by age band and topic: people, person-times, and attention (each of an item's n topics gets 1/n of a read).
-- Grain: age band and topic. Members without personalised lists count, although `topic_weights` has no rows of them.
-- Items with a sensitive topic do not count, as in `topic_weights`.
with members_without_lists as (
    select member_id as refusing_member, age_band from member_states where not personalised
),
reads_without_lists as (
    select members_without_lists.refusing_member, members_without_lists.age_band, interactions.item_id
    from members_without_lists
    join interactions on members_without_lists.refusing_member = interactions.member_id
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
    select
        reads_without_lists.age_band,
        item_topics.topic,
        count(*) as reads,
        cast(sum(cast(item_topics.share as decimal(38, 20))) as double) as attention
    from open_items
    join item_topics on open_items.open_item = item_topics.item_id
    join reads_without_lists on item_topics.item_id = reads_without_lists.item_id
    group by reads_without_lists.refusing_member, reads_without_lists.age_band, item_topics.topic
)
select
    age_band,
    topic,
    count(*) as readers,
    sum(reads) as reads,
    sum(cast(attention as decimal(38, 20))) as attention
from readers
group by age_band, topic
