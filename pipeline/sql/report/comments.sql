-- The latest comments of members in view in the period, without who wrote them. Grain: comment.
with comments as (
    select feedback.at, feedback.item_id, feedback.rating, feedback.text
    from members_in_view
    join feedback on members_in_view.member_id = feedback.member_id
    where feedback.text is not null and feedback.at >= $from and feedback.at < $to and feedback.at < $as_of
    union all
    select feedback.at, feedback.item_id, feedback.rating, feedback.text
    from members_in_view
    join feedback on members_in_view.openid = feedback.openid
    where feedback.member_id is null
        and feedback.text is not null
        and feedback.at >= $from
        and feedback.at < $to
        and feedback.at < $as_of
)
select to_unixtime(comments.at) as written_at, comments.item_id, items.title, comments.rating, comments.text
from items
right join comments on items.item_id = comments.item_id
order by comments.at desc, comments.text, comments.item_id
limit 200
