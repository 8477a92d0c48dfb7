-- The reads of all sessions add up to all reads, and no session ends before it begins.
select in_sessions.reads as reads_in_sessions, all_reads.reads as reads
from (select coalesce(sum(reads), 0) as reads, count(*) filter (where ended_at < started_at) as invalid_sessions from sessions)
    as in_sessions
cross join (select count(*) as reads from interactions where kind = 'read') as all_reads
where in_sessions.reads <> all_reads.reads or in_sessions.invalid_sessions > 0
