-- Seconds that a read lasts and how far it goes, where the source says so. Grain: one row.
select
    approx_percentile_cont(dwell_seconds, 0.5) as median_dwell_seconds,
    count(dwell_seconds) as reads_with_dwell,
    count(*) filter (where read_fraction >= 0.9) as reads_to_the_end,
    count(read_fraction) as reads_with_fraction,
    count(distinct member_id) as readers_timed
from events
where kind = 'read' and at >= $from and at < $to and (dwell_seconds is not null or read_fraction is not null)
