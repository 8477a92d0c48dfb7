-- Every member and activity has one row, with a known status and a number of tickets.
select activity_id, count(*) as rows_of_pair, min(status) as status, min(tickets) as tickets
from sign_up_states
group by member_id, activity_id
having count(*) > 1
    or min(tickets) is null
    or min(tickets) < 0
    or min(children) < 0
    or sum(case when status in ('registered', 'waitlisted', 'cancelled', 'attended', 'no_show') then 0 else 1 end) > 0
limit 5
