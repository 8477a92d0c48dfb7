-- Articles that WeChat's may be: by id, address or title. Grain: item.
with named as (
    select max(title) as title, max(url) as url, msgid from account_statistics where msgid is not null group by msgid
),
names as (
    select msgid as name from named
    union
    select url as name from named where url is not null
    union
    select title as name from named where title is not null
)
select items.item_id, items.title, cast(local_day(items.published_at) as varchar) as published_on
from items
where items.kind = 'article'
    and (items.item_id in (select name from names) or trim(items.title) in (select trim(name) from names))
order by items.item_id
