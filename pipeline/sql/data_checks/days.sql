-- What happened on each of the latest days.
select cast(day as varchar) as day, reads, shares, sign_ups, pushes
from daily
order by day desc
limit 42
