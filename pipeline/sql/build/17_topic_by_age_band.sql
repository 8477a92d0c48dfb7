-- Who reads about what: readers (people), reads (person-times), the band's share of members who read about the topic, and an
-- index: 100 where the band's attention to the topic is that of all members. Grain: age band and topic.
with by_member as (
    select interactions.member_id, item_topics.topic, count(*) as reads, sum(item_topics.share) as attention
    from item_topics
    join interactions on item_topics.item_id = interactions.item_id
    where interactions.kind = 'read'
    group by interactions.member_id, item_topics.topic
),
cells as (
    select
        member_states.age_band,
        by_member.topic,
        count(*) as readers,
        sum(by_member.reads) as reads,
        sum(by_member.attention) as attention
    from member_states
    join by_member on member_states.member_id = by_member.member_id
    group by member_states.age_band, by_member.topic
),
bands as (
    select age_band, count(*) as members from member_states group by age_band
),
band_attention as (
    select age_band, sum(attention) as attention from cells group by age_band
),
topic_attention as (
    select topic, sum(attention) as attention from cells group by topic
)
select
    cells.age_band,
    cells.topic,
    cells.readers,
    cells.reads,
    cast(cells.readers as double) / bands.members as share,
    100.0 * (cells.attention / band_attention.attention)
        / (topic_attention.attention / (select sum(attention) from cells)) as index
from cells
join bands on cells.age_band = bands.age_band
join band_attention on cells.age_band = band_attention.age_band
join topic_attention on cells.topic = topic_attention.topic
