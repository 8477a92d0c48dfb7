-- Every item has one row with a known kind.
select item_id, count(*) as rows_of_item, min(kind) as kind
from items
group by item_id
having count(*) > 1
    or item_id is null
    or sum(case when kind in ('article', 'activity', 'service', 'product', 'venue') then 0 else 1 end) > 0
limit 5
