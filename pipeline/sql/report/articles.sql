-- The articles read in the period, the most-read ones first. Grain: article.
-- `score` is the robust z-score among the account's articles of the 90 days before the period's end:
-- (readers - median) / (1.4826 * median distance from the median).
with readers as (
    select item_id, member_id, count(*) as reads
    from events
    where kind = 'read' and at >= $from and at < $to
    group by item_id, member_id
),
read_articles as (
    select item_id, count(*) as readers, sum(reads) as reads from readers group by item_id
),
recent as (
    select item_id, cast(count(*) as double) as readers
    from (
        select item_id, member_id from events where kind = 'read' and at >= $account_from and at < $to group by item_id, member_id
    )
    group by item_id
),
medians as (
    select median(readers) as median_readers from recent
),
spread as (
    select median(abs(recent.readers - medians.median_readers)) as distance from recent cross join medians
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
        -- Otherwise the score would tell how few read the article before the period only.
        when spread.distance > 0
            and (recent.readers = read_articles.readers or recent.readers - read_articles.readers >= $min_people) then (recent.readers - medians.median_readers) / (1.4826 * spread.distance)
    end as score
from read_articles
join recent on read_articles.item_id = recent.item_id
left join items on read_articles.item_id = items.item_id
left join sharers on read_articles.item_id = sharers.item_id
cross join medians
cross join spread
order by case when read_articles.readers >= $min_people then read_articles.readers else 0 end desc, read_articles.item_id
