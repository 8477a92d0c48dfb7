-- The articles most read in the period, each against the account's own articles of the 90 days before the period's end: the
-- score is (readers - median) / (1.4826 * median distance from the median), the robust z-score. Grain: article.
with readers as (
    select item_id, member_id, count(*) as reads
    from events
    where kind = 'read' and at >= $from and at < $to
    group by item_id, member_id
),
read_articles as (
    select item_id, count(*) as readers, sum(reads) as reads from readers group by item_id
),
lately as (
    select item_id, cast(count(*) as double) as readers
    from (
        select item_id, member_id from events where kind = 'read' and at >= $account_from and at < $to group by item_id, member_id
    )
    group by item_id
),
middle as (
    select median(readers) as median_readers from lately
),
spread as (
    select median(abs(lately.readers - middle.median_readers)) as distance from lately cross join middle
),
sharers as (
    select item_id, count(*) as sharers
    from (select item_id, member_id from events where kind = 'share' and at >= $from and at < $to group by item_id, member_id)
    group by item_id
)
select
    read_articles.item_id,
    coalesce(items.title, read_articles.item_id) as title,
    read_articles.readers,
    read_articles.reads,
    coalesce(sharers.sharers, 0) as sharers,
    case
        when spread.distance > 0 then (lately.readers - middle.median_readers) / (1.4826 * spread.distance)
    end as score
from read_articles
join lately on read_articles.item_id = lately.item_id
left join items on read_articles.item_id = items.item_id
left join sharers on read_articles.item_id = sharers.item_id
cross join middle
cross join spread
order by case when read_articles.readers >= $fewest then read_articles.readers else 0 end desc, read_articles.item_id
limit 20
