-- Reading sessions: reads of a member with less than 30 minutes between one and the next. Grain: member and session.
with read_times as (
    select member_id, reading_sessions(array_agg(at)) as sessions
    from interactions
    where kind = 'read'
    group by member_id
),
each_session as (
    select member_id, unnest(sessions) as session from read_times
)
select
    member_id,
    session['started_at'] as started_at,
    session['ended_at'] as ended_at,
    session['reads'] as reads
from each_session
