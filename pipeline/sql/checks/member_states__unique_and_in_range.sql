-- Every member has one row, an age from 0 to 200 years if known, and no activity at or after the build's instant.
select count(*) as rows_of_member, min(age) as age, min(age_band) as age_band, min(lifecycle) as lifecycle
from member_states
group by member_id
having count(*) > 1
    or member_id is null
    or min(age) < 0
    or max(age) > 200
    or max(last_active_at) >= $as_of
    or min(lifecycle) is null
limit 5
