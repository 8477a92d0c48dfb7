-- Members who were shown items in the period, and these items. Grain: one row.
with by_member as (
    select member_id, item_id
    from events
    where kind = 'shown' and at >= $from and at < $to
    group by member_id, item_id
)
select
    count(distinct member_id) as shown_members,
    (select count(*) from members_in_view) - count(distinct member_id) as not_shown_members,
    count(distinct item_id) as shown_items
from by_member
