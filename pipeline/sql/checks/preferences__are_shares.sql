-- Shares are between 0 and 1, those of a member add up to at most 1, and lifts are finite.
select max(share) as largest, sum(share) as summed, max(lift) as lift
from preferences
group by member_id
having min(share) < 0
    or sum(share) > 1.000001
    or sum(case when isnan(share) or isnan(lift) or lift < 0 then 1 else 0 end) > 0
limit 5
