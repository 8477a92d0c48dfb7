-- Distinct members of the arms of all pushes that have both arms and whose response time is over. Grain: one row.
with compared as (
    select push_id as compared_push
    from responses
    where is_judged
    group by push_id
    having count(*) filter (where arm = 'push') > 0 and count(*) filter (where arm = 'hold_out') > 0
)
select
    count(distinct case when item_kind = 'article' and arm = 'push' then sent_to end) as article_pushed_people,
    count(distinct case when item_kind = 'article' and arm = 'hold_out' then sent_to end) as article_held_out_people,
    count(distinct case when item_kind <> 'article' and arm = 'push' then sent_to end) as other_pushed_people,
    count(distinct case when item_kind <> 'article' and arm = 'hold_out' then sent_to end) as other_held_out_people
from responses
join compared on responses.push_id = compared.compared_push
where responses.is_judged
