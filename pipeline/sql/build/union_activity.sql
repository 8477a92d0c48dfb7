-- Members of each union or club who were active in the last 30 days; without any the union is silent. Grain: union.
with all_memberships as (
    select member_id, union_id from member_states where union_id is not null
    union
    select member_id, union_id from memberships
),
totals as (
    select
        all_memberships.union_id,
        count(*) as members,
        count(*) filter (where member_states.follows) as followers,
        count(*) filter (where member_states.last_active_at >= $recent_from) as active_members,
        max(member_states.last_active_at) as last_active_at
    from member_states
    join all_memberships on member_states.member_id = all_memberships.member_id
    group by all_memberships.union_id
)
select
    coalesce(unions.union_id, totals.union_id) as union_id,
    unions.name,
    district_name(unions.district) as district,
    unions.parent_union_id,
    coalesce(totals.members, 0) as members,
    coalesce(totals.followers, 0) as followers,
    coalesce(totals.active_members, 0) as active_members,
    coalesce(totals.active_members, 0) = 0 as is_silent,
    totals.last_active_at
from unions
full join totals on unions.union_id = totals.union_id
