-- WeChat's figures of the articles that were published in the period. Grain: article, generation and day; of cumulative figures,
-- the last day only. Several interfaces have the figures of one day; the larger is the later.
with figures as (
    select generation, msgid, day, coalesce(cumulative, false) as is_cumulative, published_on, title, url, read_users, share_users
    from account_statistics
    where msgid is not null and source is null and hour is null and day < local_day($as_of)
),
articles as (
    select
        msgid as article,
        max(title) as title,
        max(url) as url,
        coalesce(min(published_on), min(day)) as published_on
    from figures
    group by msgid
),
days as (
    select
        generation,
        msgid,
        day as figures_day,
        is_cumulative,
        max(read_users) as read_users,
        max(share_users) as share_users,
        row_number() over (partition by generation, msgid, is_cumulative order by day desc) as newest_first
    from figures
    group by generation, msgid, day, is_cumulative
)
select
    articles.article,
    articles.title,
    articles.url,
    cast(articles.published_on as varchar) as published_on,
    days.generation,
    cast(days.figures_day as varchar) as day,
    case when days.is_cumulative then 1 else 0 end as is_cumulative,
    days.read_users,
    days.share_users
from articles
join days on articles.article = days.msgid
where articles.published_on >= local_day($from)
    and articles.published_on < local_day($to)
    and (not days.is_cumulative or days.newest_first = 1)
order by articles.article, days.generation, days.figures_day
