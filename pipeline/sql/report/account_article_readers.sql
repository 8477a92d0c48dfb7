-- Identified readers and sharers of articles on the days of WeChat's figures. Grain: article of `account_article_days`.
with acts as (
    select account_article_days.article, events.kind, local_day(events.at) as day, events.member_id
    from account_article_days
    join events
        on account_article_days.item = events.item_id and account_article_days.article_day = local_day(events.at)
    where events.kind in ('read', 'share')
    group by account_article_days.article, events.kind, local_day(events.at), events.member_id
),
people as (
    select article, kind, member_id, count(*) as days from acts group by article, kind, member_id
)
select
    article,
    count(*) filter (where kind = 'read') as readers,
    coalesce(sum(days) filter (where kind = 'read'), 0) as reader_days,
    count(*) filter (where kind = 'share') as sharers,
    coalesce(sum(days) filter (where kind = 'share'), 0) as sharer_days
from people
group by article
