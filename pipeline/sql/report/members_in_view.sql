-- The members whom the report is about: own union among the chosen ones, district, age band. A member's district is that of the
-- home, of work where the home is not known, so that each member belongs to one.
-- A filter that was not given lets everybody pass. Grain: member.
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
