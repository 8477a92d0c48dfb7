-- Members and responses of each push by arm; the response is a read for an article, a sign-up for anything else.
-- Grain: push.
select
    responses.push_id,
    max(coalesce(items.title, responses.pushed_item)) as title,
    count(*) filter (where responses.arm = 'push') as pushed,
    count(*) filter (where responses.arm = 'push' and response = 1) as pushed_responded,
    count(*) filter (where responses.arm = 'hold_out') as held_out,
    count(*) filter (where responses.arm = 'hold_out' and response = 1) as held_out_responded
from (
    select *, case item_kind when 'article' then has_read else has_signed_up end as response from responses
) as responses
left join items on responses.pushed_item = items.item_id
group by responses.push_id
order by pushed desc, responses.push_id
limit 50
