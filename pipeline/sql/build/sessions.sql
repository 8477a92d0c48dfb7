-- Reading sessions: a member's reads with pauses of less than 30 minutes. A session ends with its month. Grain: member and
-- session.
with read_times as (
    select member_id, reading_sessions(array_agg(at)) as sessions
    from month_interactions
    where kind = 'read' and at >= $month_from and at < $month_to
    group by member_id
),
unnested_sessions as (
    select member_id, unnest(sessions) as session from read_times
)
select
    member_id,
    session['started_at'] as started_at,
    session['ended_at'] as ended_at,
    session['reads'] as reads
from unnested_sessions
