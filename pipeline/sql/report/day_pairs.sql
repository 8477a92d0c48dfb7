-- Members in view by the days on which they did something, as pairs of one such day and the next. Before the first day and after
-- the last one the other day is null. Grain: statistic, day before and day.
with read_days as (
    select
        member_id as reader,
        local_day(at) as day,
        max(case when dwell_seconds is not null then 1 else 0 end) as is_timed,
        max(case when read_fraction is not null then 1 else 0 end) as is_measured,
        max(case when read_fraction >= 0.9 then 1 else 0 end) as has_finished
    from events
    where kind = 'read' and at >= $from and at < $to
    group by member_id, local_day(at)
),
other_days as (
    select member_id as person, kind, local_day(at) as day
    from events
    where kind in ('share', 'sign_up', 'attended', 'push', 'hold_out') and at >= $from and at < $to
    group by member_id, kind, local_day(at)
),
sign_up_days as (
    select sign_up_states.member_id as person, sign_up_states.status, local_day(sign_up_states.signed_up_at) as day
    from members_in_view
    join sign_up_states on members_in_view.member_id = sign_up_states.member_id
    where sign_up_states.signed_up_at >= $from and sign_up_states.signed_up_at < $to
    group by sign_up_states.member_id, sign_up_states.status, local_day(sign_up_states.signed_up_at)
),
holder_days as (
    select sign_up_states.member_id as person, local_day(items.starts_at) as day
    from items
    join sign_up_states on items.item_id = sign_up_states.activity_id
    join members_in_view on sign_up_states.member_id = members_in_view.member_id
    where items.kind <> 'article'
        and items.capacity is not null
        and items.starts_at >= $from
        and items.starts_at < $to
        and sign_up_states.status in ('registered', 'attended')
),
rating_days as (
    select member_id as person, local_day(at) as day from ratings_in_view where at >= $from and at < $to
),
all_days as (
    select 'readers' as statistic, reader as person, day from read_days
    union all
    select 'timed_readers' as statistic, reader as person, day from read_days where is_timed = 1
    union all
    select 'measured_readers' as statistic, reader as person, day from read_days where is_measured = 1
    union all
    select 'finishers' as statistic, reader as person, day from read_days where has_finished = 1
    union all
    select 'active' as statistic, reader as person, day from read_days
    union all
    select 'active' as statistic, person, day from other_days where kind in ('share', 'sign_up', 'attended')
    union all
    select 'sharers' as statistic, person, day from other_days where kind = 'share'
    union all
    select 'pushed' as statistic, person, day from other_days where kind = 'push'
    union all
    select 'held_out' as statistic, person, day from other_days where kind = 'hold_out'
    union all
    select 'signers' as statistic, person, day from sign_up_days where status <> 'cancelled'
    union all
    select 'attendees' as statistic, person, day from sign_up_days where status = 'attended'
    union all
    select 'absentees' as statistic, person, day from sign_up_days where status = 'no_show'
    union all
    select 'cancellers' as statistic, person, day from sign_up_days where status = 'cancelled'
    union all
    select 'holders' as statistic, person, day from holder_days
    union all
    select 'raters' as statistic, person, day from rating_days
    union all
    select 'first_active' as statistic, member_id as person, local_day(first_active_at) as day
    from members_in_view
    where first_active_at >= $from and first_active_at < $to
),
person_days as (
    select statistic, person, day from all_days group by statistic, person, day
),
pairs as (
    select
        statistic,
        lag(day) over (partition by statistic, person order by day) as day_before,
        day,
        lead(day) over (partition by statistic, person order by day) is null as is_last
    from person_days
)
select statistic, day_before, day, count(*) as people
from pairs
group by statistic, day_before, day
union all
select statistic, day as day_before, cast(null as date) as day, count(*) as people
from pairs
where is_last
group by statistic, day
