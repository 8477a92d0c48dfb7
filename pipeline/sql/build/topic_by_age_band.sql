-- Reading by age band and topic: readers (people), reads (person-times), the share of the band's members who are readers, and an
-- index of attention; 100 means that of all members. Grain: age band and topic.
with bands as (
    select age_band, count(*) as members from member_states group by age_band
),
band_attention as (
    select age_band, cast(sum(attention) as double) as attention from topic_cells group by age_band
),
topic_attention as (
    select topic, cast(sum(attention) as double) as attention from topic_cells group by topic
)
select
    topic_cells.age_band,
    topic_cells.topic,
    topic_cells.readers,
    topic_cells.reads,
    cast(topic_cells.readers as double) / bands.members as share,
    100.0 * (cast(topic_cells.attention as double) / band_attention.attention)
        / (topic_attention.attention / (select cast(sum(attention) as double) from topic_cells)) as index
from topic_cells
join bands on topic_cells.age_band = bands.age_band
join band_attention on topic_cells.age_band = band_attention.age_band
join topic_attention on topic_cells.topic = topic_attention.topic
