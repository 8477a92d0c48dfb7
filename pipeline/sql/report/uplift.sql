-- Members and responses of each push by arm, if its response time is over. The response is a read for an article and a sign-up
-- for other items. Grain: push.
select
    responses.push_id,
    max(coalesce(items.title, responses.pushed_item)) as title,
    max(case item_kind when 'article' then 'read' else 'sign_up' end) as response,
    count(*) filter (where arm = 'push') as pushed,
    coalesce(sum(responded) filter (where arm = 'push'), 0) as pushed_responded,
    count(*) filter (where arm = 'hold_out') as held_out,
    coalesce(sum(responded) filter (where arm = 'hold_out'), 0) as held_out_responded
from (
    select *, case item_kind when 'article' then has_read else has_signed_up end as responded
    from responses
    where is_judged
) as responses
left join items on responses.pushed_item = items.item_id
group by responses.push_id
order by
    case when count(*) filter (where arm = 'push') >= $min_people then count(*) filter (where arm = 'push') else 0 end desc,
    responses.push_id
