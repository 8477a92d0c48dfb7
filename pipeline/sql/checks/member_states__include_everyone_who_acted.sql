-- Every member with an interaction has a row.
select acted.day
from member_states
right anti join member_days as acted on member_states.member_id = acted.member_id
limit 5
