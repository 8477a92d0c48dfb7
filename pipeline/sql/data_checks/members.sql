-- How many members there are, and of how many the roster says what audiences and reports need; and how long the rosters are.
select
    count(*) as members,
    count(age) as with_age,
    count(union_id) as with_union,
    count(openid) as with_openid,
    (select count(*) from members) as rostered_members,
    (select count(*) from unions) as rostered_unions
from member_states
