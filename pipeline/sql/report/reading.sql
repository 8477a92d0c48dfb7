-- Articles read in the period, and the median of the seconds that reads lasted where the source says so. Grain: one row.
select
    approx_percentile_cont(dwell_seconds, 0.5) as dwell_seconds,
    count(distinct case when dwell_seconds is not null then member_id end) as readers_timed,
    count(distinct item_id) as articles_read
from events
where kind = 'read' and at >= $from and at < $to
