-- The members that the report covers, by union, district and age band; a parameter that is null does not filter. Grain: member.
-- A member's district is the home's, else that of work, so that each member belongs to one district.
select
    member_states.member_id,
    member_states.openid,
    member_states.union_id,
    member_states.age_band,
    coalesce(member_states.home_district, member_states.work_district) as district,
    member_states.follows,
    member_states.personalised,
    member_states.first_active_at
from member_states
left join chosen_unions on member_states.union_id = chosen_unions.chosen_union
where ($union is null or chosen_unions.chosen_union is not null)
    and ($district is null or coalesce(member_states.home_district, member_states.work_district) = $district)
    and ($age_band is null or member_states.age_band = $age_band)
