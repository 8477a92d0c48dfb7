-- The reads of all days add up to all reads, and no day has more readers than reads.
select by_day.reads as reads_by_day, all_reads.reads, by_day.invalid_days as days_with_more_readers_than_reads
from (select coalesce(sum(reads), 0) as reads, count(*) filter (where readers > reads) as invalid_days from daily) as by_day
cross join (select count(*) as reads from interactions where kind = 'read') as all_reads
where by_day.reads <> all_reads.reads or by_day.invalid_days > 0
