-- The members who rated in the period the items that few members rated. Grain: item and member.
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
with_sizes as (
    select *, count(*) over (partition by item_id) as raters from ratings
)
select item_id, '' as age_band, rater as member_id from with_sizes where raters < $min_people
