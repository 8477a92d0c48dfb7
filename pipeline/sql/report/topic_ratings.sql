-- Members who rated items in the period, by item and its topics. Members of all ages are one band. Grain: topic and item.
with ratings as (
    select distinct member_id as rater, item_id from ratings_in_view where at >= $from and at < $to
),
items_rated as (
    select item_id as rated_item, count(*) as raters from ratings group by item_id
)
select item_topics.topic, items_rated.rated_item as item_id, '' as age_band, items_rated.raters
from item_topics
join items_rated on item_topics.item_id = items_rated.rated_item
