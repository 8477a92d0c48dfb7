-- Reads and sign-ups of each day of the period, without sign-ups that were cancelled later. Grain: day.
with read_by as (
    select local_day(at) as day, member_id, count(*) as times
    from events
    where at >= $from and at < $to and kind = 'read'
    group by local_day(at), member_id
),
reading as (
    select day as read_day, count(*) as readers, sum(times) as reads from read_by group by day
),
signed_by as (
    select local_day(sign_up_states.signed_up_at) as day, sign_up_states.member_id, count(*) as times
    from members_in_view
    join sign_up_states on members_in_view.member_id = sign_up_states.member_id
    where sign_up_states.signed_up_at >= $from
        and sign_up_states.signed_up_at < $to
        and sign_up_states.status <> 'cancelled'
    group by local_day(sign_up_states.signed_up_at), sign_up_states.member_id
),
signing as (
    select day as sign_up_day, count(*) as sign_up_members, sum(times) as sign_ups from signed_by group by day
)
select
    cast(coalesce(reading.read_day, signing.sign_up_day) as varchar) as day,
    coalesce(reading.readers, 0) as readers,
    coalesce(reading.reads, 0) as reads,
    coalesce(signing.sign_up_members, 0) as sign_up_members,
    coalesce(signing.sign_ups, 0) as sign_ups
from reading
full join signing on reading.read_day = signing.sign_up_day
order by day
