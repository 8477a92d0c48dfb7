-- Reads by day sum to all reads, and no day has more readers than reads.
select by_day.reads as reads_by_day, told.reads, by_day.backward as days_with_more_readers_than_reads
from (select coalesce(sum(reads), 0) as reads, count(*) filter (where readers > reads) as backward from daily) as by_day
cross join (select count(*) as reads from interactions where kind = 'read') as told
where by_day.reads <> told.reads or by_day.backward > 0
