-- Members, those with a known age, union and openid, and the lengths of the rosters.
select
    count(*) as members,
    count(age) as with_age,
    count(union_id) as with_union,
    count(openid) as with_openid,
    (select count(*) from members) as rostered_members,
    (select count(*) from unions) as rostered_unions
from member_states
