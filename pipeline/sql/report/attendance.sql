-- Members by what became of their sign-ups of the period: attendances, places on waiting lists, and whether they attended an
-- activity of an earlier sign-up. Grain: union, attendances, waiting-list places, signed up, attended before.
with current_sign_ups as (
    select
        member_id as signer,
        count(*) filter (where status = 'attended') as times,
        count(*) filter (where status = 'waitlisted') as waits,
        max(case when status <> 'cancelled' then 1 else 0 end) as has_signed_up
    from sign_up_states
    where signed_up_at >= $from and signed_up_at < $to
    group by member_id
),
earlier as (
    select member_id as veteran
    from sign_up_states
    where status = 'attended' and signed_up_at < $from
    group by member_id
)
select
    members_in_view.union_id,
    coalesce(current_sign_ups.times, 0) as times,
    coalesce(current_sign_ups.waits, 0) as waits,
    coalesce(current_sign_ups.has_signed_up, 0) as has_signed_up,
    case when current_sign_ups.times > 0 and earlier.veteran is not null then 1 else 0 end as attended_before,
    count(*) as people
from members_in_view
left join current_sign_ups on members_in_view.member_id = current_sign_ups.signer
left join earlier on members_in_view.member_id = earlier.veteran
group by
    members_in_view.union_id,
    coalesce(current_sign_ups.times, 0),
    coalesce(current_sign_ups.waits, 0),
    coalesce(current_sign_ups.has_signed_up, 0),
    case when current_sign_ups.times > 0 and earlier.veteran is not null then 1 else 0 end
