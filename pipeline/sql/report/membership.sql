-- How many members and unions are in view, and how many members the filters leave out. Grain: one row.
select
    count(*) as members,
    count(*) filter (where follows) as reachable_members,
    count(*) filter (where not personalised) as opt_outs,
    count(*) filter (where first_active_at >= $from and first_active_at < $to) as new_members,
    count(distinct union_id) as unions,
    (select count(*) from member_states) - count(*) as members_left_out
from members_in_view
