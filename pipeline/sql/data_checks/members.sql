-- How many members there are, and of how many the roster says what audiences and reports need.
select count(*) as members, count(age) as with_age, count(union_id) as with_union, count(openid) as with_openid
from member_states
