-- The members who rated in the period the items that few members rated. Grain: item and member.
with ratings as (
    select distinct member_id as rater, item_id from ratings_in_view where at >= $from and at < $to
),
with_sizes as (
    select *, count(*) over (partition by item_id) as raters from ratings
)
select item_id, '' as age_band, rater as member_id from with_sizes where raters < $min_people
