-- How many members of each union or club were active in the last 30 days; it is silent when nobody was. Grain: union.
with belongs as (
    select member_id, union_id from member_states where union_id is not null
    union
    select member_id, union_id from memberships
),
counted as (
    select
        belongs.union_id,
        count(*) as members,
        count(*) filter (where member_states.follows) as followers,
        count(*) filter (where member_states.last_active_at >= $recent_from) as active_members,
        max(member_states.last_active_at) as last_active_at
    from member_states
    join belongs on member_states.member_id = belongs.member_id
    group by belongs.union_id
)
select
    coalesce(unions.union_id, counted.union_id) as union_id,
    unions.name,
    district_name(unions.district) as district,
    unions.parent_union_id,
    coalesce(counted.members, 0) as members,
    coalesce(counted.followers, 0) as followers,
    coalesce(counted.active_members, 0) as active_members,
    coalesce(counted.active_members, 0) = 0 as is_silent,
    counted.last_active_at
from unions
full join counted on unions.union_id = counted.union_id
