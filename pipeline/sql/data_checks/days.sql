-- Rows by kind on each of the latest 42 days.
select cast(day as varchar) as day, reads, shares, sign_ups, pushes
from daily
order by day desc
limit 42
