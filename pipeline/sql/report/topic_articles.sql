-- Readers in the period by article, its topics and age band. Grain: topic, article and age band.
with readers as (
    select item_id, age_band, member_id
    from events
    where kind = 'read' and at >= $from and at < $to
    group by item_id, age_band, member_id
),
articles as (
    select item_id as article_id, age_band, count(*) as readers from readers group by item_id, age_band
)
select item_topics.topic, articles.article_id, articles.age_band, articles.readers
from item_topics
join articles on item_topics.item_id = articles.article_id
