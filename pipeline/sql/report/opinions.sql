-- Ratings of the period by item and by topic, from members in view. Grain: item or topic.
with ratings as (
    select member_id as rater, item_id, rating from ratings_in_view where at >= $from and at < $to
),
of_items as (
    select
        'item' as part,
        coalesce(ratings.item_id, '') as about_id,
        coalesce(max(items.title), ratings.item_id, '') as title,
        count(distinct ratings.rater) as raters,
        count(*) as times,
        sum(cast(ratings.rating as bigint)) as points
    from items
    right join ratings on items.item_id = ratings.item_id
    group by ratings.item_id
),
of_topics as (
    select
        'topic' as part,
        item_topics.topic as about_id,
        item_topics.topic as title,
        count(distinct ratings.rater) as raters,
        count(*) as times,
        sum(cast(ratings.rating as bigint)) as points
    from item_topics
    join ratings on item_topics.item_id = ratings.item_id
    group by item_topics.topic
)
select part, about_id, title, raters, times, cast(points as double) / times as rating
from (select * from of_items union all select * from of_topics)
order by part, case when raters >= $min_people then raters else 0 end desc, about_id
