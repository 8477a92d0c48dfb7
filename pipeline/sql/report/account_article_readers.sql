-- Identified readers and sharers of articles on the days of WeChat's figures, and those of other days of the same months only.
-- `reader_months` counts a reader once in each month. Grain: article of `account_article_days`.
with months as (
    select
        article,
        item,
        cast(date_trunc('month', min(article_day)) as date) as first_day,
        cast(date_trunc('month', max(article_day)) + interval '1 month' as date) as end_day
    from account_article_days
    group by article, item
),
acts as (
    select months.article, events.kind, local_day(events.at) as day, events.member_id
    from months
    join events
        on months.item = events.item_id
        and local_day(events.at) >= months.first_day
        and local_day(events.at) < months.end_day
    where events.kind in ('read', 'share')
    group by months.article, events.kind, local_day(events.at), events.member_id
),
people as (
    select
        acts.article,
        acts.kind,
        acts.member_id,
        count(account_article_days.article_day) as days,
        count(distinct date_trunc('month', acts.day)) as months
    from acts
    left join account_article_days
        on acts.article = account_article_days.article and acts.day = account_article_days.article_day
    group by acts.article, acts.kind, acts.member_id
)
select
    article,
    count(*) filter (where kind = 'read' and days > 0) as readers,
    coalesce(sum(days) filter (where kind = 'read'), 0) as reader_days,
    count(*) filter (where kind = 'read' and days = 0) as other_readers,
    coalesce(sum(months) filter (where kind = 'read'), 0) as reader_months,
    count(*) filter (where kind = 'share' and days > 0) as sharers,
    coalesce(sum(days) filter (where kind = 'share'), 0) as sharer_days,
    count(*) filter (where kind = 'share' and days = 0) as other_sharers,
    coalesce(sum(months) filter (where kind = 'share'), 0) as sharer_months
from people
group by article
