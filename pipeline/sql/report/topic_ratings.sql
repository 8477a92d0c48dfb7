-- Members who rated items in the period, by item and its topics. Members of all ages are one band. Grain: topic and item.
with ratings as (
    select members_in_view.member_id as rater, feedback.item_id
    from members_in_view
    join feedback on members_in_view.member_id = feedback.member_id
    where feedback.rating is not null and feedback.at >= $from and feedback.at < $to and feedback.at < $as_of
    union
    select members_in_view.member_id, feedback.item_id
    from members_in_view
    join feedback on members_in_view.openid = feedback.openid
    where feedback.member_id is null
        and feedback.rating is not null
        and feedback.at >= $from
        and feedback.at < $to
        and feedback.at < $as_of
),
items_rated as (
    select item_id as rated_item, count(*) as raters from ratings group by item_id
)
select item_topics.topic, items_rated.rated_item as item_id, '' as age_band, items_rated.raters
from item_topics
join items_rated on item_topics.item_id = items_rated.rated_item
