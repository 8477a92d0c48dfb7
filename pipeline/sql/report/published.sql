-- Articles published in the period. Grain: one row.
select count(*) as articles_published
from items
where kind = 'article' and published_at >= $from and published_at < $to
