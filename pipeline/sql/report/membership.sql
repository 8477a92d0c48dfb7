-- Counts of the members in view. Grain: one row.
select
    count(*) as members,
    count(*) filter (where follows) as reachable_members,
    count(*) filter (where not personalised) as opt_outs,
    count(*) filter (where first_active_at >= $from and first_active_at < $to) as new_members
from members_in_view
