-- Members by what is known of them, and those who joined in the period. Grain: one row.
select
    count(*) filter (where home_district is not null and work_district is not null) as districts_known,
    count(*) filter (where home_district is null or work_district is null) as districts_unknown,
    count(*) filter (where joined_at >= $from and joined_at < $to and joined_at < $as_of) as joined_members,
    count(*) filter (where joined_at is null or joined_at < $from or joined_at >= $to or joined_at >= $as_of)
        as not_joined_members
from member_states
