-- People by what they did and did not do in the period: the groups that a figure, or its difference from the figure of a larger
-- part, would disclose. Grain: union, age band and district.
with actions as (
    select
        member_id as acting_member,
        max(case when at >= $from and kind in ('read', 'share', 'sign_up', 'attended') then 1 else 0 end) as is_active,
        max(case when at < $from and kind in ('read', 'share', 'sign_up', 'attended') then 1 else 0 end) as was_active,
        max(case when at >= $from and kind = 'read' then 1 else 0 end) as has_read,
        max(case when at >= $from and kind = 'read' and dwell_seconds is not null then 1 else 0 end) as is_timed,
        max(case when at >= $from and kind = 'read' and read_fraction is not null then 1 else 0 end) as is_measured,
        max(case when at >= $from and kind = 'read' and read_fraction >= 0.9 then 1 else 0 end) as has_finished,
        max(case when at >= $from and kind = 'read' and read_fraction < 0.9 then 1 else 0 end) as has_broken_off,
        max(case when at >= $from and kind = 'share' then 1 else 0 end) as has_shared,
        max(case when at >= $from and kind = 'push' then 1 else 0 end) as is_pushed,
        max(case when at >= $from and kind = 'hold_out' then 1 else 0 end) as is_held_out
    from events
    where at >= $before_from and at < $to
    group by member_id
),
signed as (
    select
        member_id as signer,
        max(case when status <> 'cancelled' then 1 else 0 end) as has_signed_up,
        max(case when status = 'attended' then 1 else 0 end) as has_attended,
        max(case when status in ('registered', 'waitlisted', 'no_show') then 1 else 0 end) as has_not_attended,
        max(case when status = 'no_show' then 1 else 0 end) as was_absent,
        max(case when status in ('registered', 'waitlisted') then 1 else 0 end) as is_pending,
        max(case when status = 'cancelled' then 1 else 0 end) as has_cancelled
    from sign_up_states
    where signed_up_at >= $from and signed_up_at < $to
    group by member_id
),
holders as (
    select sign_up_states.member_id as holder, 1 as holds_seat
    from items
    join sign_up_states on items.item_id = sign_up_states.activity_id
    where items.kind <> 'article'
        and items.capacity is not null
        and items.starts_at >= $from
        and items.starts_at < $to
        and sign_up_states.status in ('registered', 'attended')
    group by sign_up_states.member_id
),
rated as (
    select distinct member_id as rater from ratings_in_view where at >= $from and at < $to
),
people as (
    select
        members_in_view.union_id,
        members_in_view.age_band,
        members_in_view.district,
        members_in_view.follows,
        members_in_view.personalised,
        members_in_view.first_active_at >= $from and members_in_view.first_active_at < $to as is_first_active,
        members_in_view.first_active_at < $from as was_ever_active,
        coalesce(actions.is_active, 0) as is_active,
        coalesce(actions.was_active, 0) as was_active,
        coalesce(actions.has_read, 0) as has_read,
        coalesce(actions.is_measured, 0) as is_measured,
        coalesce(actions.has_finished, 0) as has_finished,
        coalesce(actions.has_broken_off, 0) as has_broken_off,
        coalesce(actions.is_timed, 0) as is_timed,
        coalesce(actions.has_shared, 0) as has_shared,
        coalesce(actions.is_pushed, 0) as is_pushed,
        coalesce(actions.is_held_out, 0) as is_held_out,
        coalesce(signed.has_signed_up, 0) as has_signed_up,
        coalesce(signed.has_attended, 0) as has_attended,
        coalesce(signed.has_not_attended, 0) as has_not_attended,
        coalesce(signed.was_absent, 0) as was_absent,
        coalesce(signed.is_pending, 0) as is_pending,
        coalesce(signed.has_cancelled, 0) as has_cancelled,
        coalesce(holders.holds_seat, 0) as holds_seat,
        rated.rater
    from members_in_view
    left join actions on members_in_view.member_id = actions.acting_member
    left join signed on members_in_view.member_id = signed.signer
    left join holders on members_in_view.member_id = holders.holder
    left join rated on members_in_view.member_id = rated.rater
)
select
    union_id,
    age_band,
    district,
    count(*) as members,
    count(*) filter (where follows) as reachable,
    count(*) filter (where follows is not true) as unreachable,
    count(*) filter (where personalised) as opted_in,
    count(*) filter (where personalised is not true) as opted_out,
    count(*) filter (where is_active = 1) as active,
    count(*) filter (where is_active = 0) as inactive,
    count(*) filter (where is_first_active) as first_active,
    count(*) filter (where is_active = 1 and not coalesce(is_first_active, false)) as active_before,
    count(*) filter (where is_active = 1 and was_active = 1) as still_active,
    count(*) filter (where is_active = 1 and was_active = 0 and not coalesce(is_first_active, false)) as active_again,
    count(*) filter (where is_active = 0 and was_active = 1) as gone_quiet,
    count(*) filter (where is_active = 0 and was_active = 0) as stayed_quiet,
    count(*) filter (where is_active = 0 and was_ever_active) as lapsed,
    count(*) filter (where has_read = 1) as readers,
    count(*) filter (where is_active = 1 and has_read = 0) as non_readers,
    count(*) filter (where is_timed = 1) as timed_readers,
    count(*) filter (where is_measured = 1) as measured_readers,
    count(*) filter (where has_finished = 1) as finishers,
    count(*) filter (where has_broken_off = 1) as unfinished_readers,
    count(*) filter (where has_read = 1 and has_shared = 1) as sharing_readers,
    count(*) filter (where has_read = 1 and has_shared = 0) as keeping_readers,
    count(*) filter (where has_read = 0 and has_shared = 1) as sharing_others,
    count(*) filter (where is_active = 1 and has_read = 0 and has_shared = 0) as other_active,
    count(*) filter (where has_shared = 1) as sharers,
    count(*) filter (where is_active = 1 and has_shared = 0) as non_sharers,
    count(*) filter (where has_signed_up = 1) as signers,
    count(*) filter (where has_signed_up = 0) as non_signers,
    count(*) filter (where has_attended = 1) as attendees,
    count(*) filter (where has_not_attended = 1) as non_attendees,
    count(*) filter (where has_signed_up = 1 and has_attended = 0) as never_attendees,
    count(*) filter (where was_absent = 1) as absentees,
    count(*) filter (where is_pending = 1) as pending,
    count(*) filter (where has_cancelled = 1) as cancellers,
    count(*) filter (where holds_seat = 1) as holders,
    count(*) filter (where holds_seat = 0) as non_holders,
    count(*) filter (where is_pushed = 1) as pushed,
    count(*) filter (where is_pushed = 0) as not_pushed,
    count(*) filter (where is_held_out = 1) as held_out,
    count(*) filter (where is_held_out = 0) as not_held_out,
    count(rater) as raters,
    count(*) filter (where rater is null) as non_raters
from people
group by union_id, age_band, district
