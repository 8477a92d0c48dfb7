-- How many members and unions are in view, and how many members the filters leave out. Grain: one row.
select
    count(*) as members,
    count(*) filter (where follows) as followers,
    count(distinct union_id) as unions,
    (select count(*) from member_states) - count(*) as members_left_out
from members_in_view
