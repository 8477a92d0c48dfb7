-- Readers by topic and age band, for the twelve topics with most readers, and an index of attention; 100 means that of all members
-- in view. Each of an item's n topics gets 1/n of a read. Grain: topic and age band.
with by_member as (
    select
        events.member_id,
        events.age_band,
        item_topics.topic,
        count(*) as reads,
        -- Decimals, because a sum of floating-point numbers depends on the order of rows.
        sum(cast(item_topics.share as decimal(20, 12))) as attention
    from item_topics
    join events on item_topics.item_id = events.item_id
    where events.kind = 'read' and events.at >= $from and events.at < $to
    group by events.member_id, events.age_band, item_topics.topic
),
cells as (
    select topic, age_band, count(*) as readers, sum(reads) as reads, sum(attention) as attention
    from by_member
    group by topic, age_band
),
with_totals as (
    select
        topic,
        age_band,
        readers,
        reads,
        attention,
        sum(readers) over (partition by topic) as topic_readers,
        sum(attention) over (partition by topic) as topic_attention,
        sum(attention) over (partition by age_band) as band_attention,
        sum(attention) over () as all_attention
    from cells
),
ranked as (
    select *, dense_rank() over (order by topic_readers desc, topic) as topic_rank from with_totals
)
select
    topic,
    age_band,
    readers,
    reads,
    100.0 * (cast(attention as double) / cast(band_attention as double))
    / (cast(topic_attention as double) / cast(all_attention as double)) as index
from ranked
where topic_rank <= 12
order by topic_rank, age_band
