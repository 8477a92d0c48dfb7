-- A union has one row, and at most as many active members and followers as members.
select union_id, count(*) as rows_of_union, max(members) as members, max(active_members) as active_members
from union_activity
group by union_id
having count(*) > 1 or max(active_members) > max(members) or max(followers) > max(members)
limit 5
