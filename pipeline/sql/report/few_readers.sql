-- The readers in the period of articles that few members of an age band read. Grain: article, age band and member.
with readers as (
    select item_id, age_band, member_id
    from events
    where kind = 'read' and at >= $from and at < $to
    group by item_id, age_band, member_id
),
with_sizes as (
    select *, count(*) over (partition by item_id, age_band) as band_readers from readers
)
select item_id, age_band, member_id from with_sizes where band_readers < $min_people
