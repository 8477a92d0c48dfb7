-- The reads of all sessions are the reads of all members, and no session ends before it begins.
select in_sessions.reads as reads_in_sessions, told.reads as reads
from (select coalesce(sum(reads), 0) as reads, count(*) filter (where ended_at < started_at) as backward from sessions)
    as in_sessions
cross join (select count(*) as reads from interactions where kind = 'read') as told
where in_sessions.reads <> told.reads or in_sessions.backward > 0
