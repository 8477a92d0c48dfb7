-- Readers and reads of the period by hour of the week, 0 on Monday from 0:00 to 0:59. Grain: hour of the week.
with by_member as (
    select week_hour(at) as week_hour, member_id, count(*) as times
    from events
    where kind = 'read' and at >= $from and at < $to
    group by week_hour(at), member_id
)
select week_hour, count(*) as readers, sum(times) as reads
from by_member
group by week_hour
order by week_hour
