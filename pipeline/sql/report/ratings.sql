-- The mean of the ratings that members in view gave in the period. Grain: one row.
select cast(sum(cast(rating as decimal(20, 6))) as double) / count(*) as rating
from ratings_in_view
where at >= $from and at < $to
