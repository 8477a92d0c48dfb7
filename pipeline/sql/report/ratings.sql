-- The mean of the ratings that members in view gave in the period. Grain: one row.
with ratings as (
    select members_in_view.member_id as rater, feedback.rating
    from members_in_view
    join feedback on members_in_view.member_id = feedback.member_id
    where feedback.rating is not null and feedback.at >= $from and feedback.at < $to and feedback.at < $as_of
    union all
    select members_in_view.member_id, feedback.rating
    from members_in_view
    join feedback on members_in_view.openid = feedback.openid
    where feedback.member_id is null
        and feedback.rating is not null
        and feedback.at >= $from
        and feedback.at < $to
        and feedback.at < $as_of
)
select cast(sum(cast(rating as decimal(20, 6))) as double) / count(*) as rating from ratings
