-- Every member that any accepted row knows: roster, memberships, events. Grain: member.
-- `follows`: the openid is known and the member has not left since following; a follower since an unknown day follows.
-- `lifecycle`: `new` first active in the last 30 days; `returning` active in them after at least 60 days of silence;
-- `active` active in them and before; `fading` last active 30 to 90 days ago; `dormant` longer ago; `silent` never.
-- `personalised`: the member's own word, wherever it was said, stands before the roster's.
-- Active means: read, shared, signed up or came. The 30 and 90 days begin at midnight,
-- so that whole days fall on one side.
with deeds as (
    select
        member_id,
        min(first_active_at) as first_active_at,
        max(last_active_at) as last_active_at,
        min(first_active_at) filter (where first_active_at >= $recent_from) as first_recent_at,
        max(last_active_at) filter (where last_active_at < $recent_from) as last_earlier_at
    from member_days
    group by member_id
),
clubs as (
    select member_id, array_agg(distinct union_id) as further_unions
    from memberships
    group by member_id
),
known as (
    select member_id from members
    union
    select member_id from clubs
    union
    select member_id from deeds
),
aged as (
    select
        *,
        case
            when birth_date <= $as_of_day then
                cast(
                    date_part('year', $as_of_day) - date_part('year', birth_date)
                    - case
                        when date_part('month', $as_of_day) * 100 + date_part('day', $as_of_day)
                            < date_part('month', birth_date) * 100 + date_part('day', birth_date) then 1
                        else 0
                    end
                    as bigint
                )
        end as age
    from members
)
select
    known.member_id,
    aged.openid,
    aged.union_id,
    clubs.further_unions,
    aged.age,
    coalesce(ages.age_band, 'unknown') as age_band,
    aged.gender,
    aged.home_district,
    aged.work_district,
    aged.joined_at,
    aged.openid is not null
        and (aged.followed_at is null or aged.followed_at < $as_of)
        and not coalesce(
            aged.unfollowed_at < $as_of and (aged.followed_at is null or aged.unfollowed_at >= aged.followed_at), false
        ) as follows,
    coalesce(member_switches.allowed, aged.personalised, true) as personalised,
    coalesce(aged.team_match, false) as team_match,
    deeds.first_active_at,
    deeds.last_active_at,
    case
        when deeds.last_active_at is null then 'silent'
        when deeds.last_active_at >= $recent_from and deeds.last_earlier_at is null then 'new'
        when deeds.last_active_at >= $recent_from
            and deeds.first_recent_at - deeds.last_earlier_at >= interval '60 days' then 'returning'
        when deeds.last_active_at >= $recent_from then 'active'
        when deeds.last_active_at >= $fading_from then 'fading'
        else 'dormant'
    end as lifecycle
from known
left join aged on known.member_id = aged.member_id
left join clubs on known.member_id = clubs.member_id
left join deeds on known.member_id = deeds.member_id
left join ages on aged.age = ages.age
left join member_switches on known.member_id = member_switches.switch_member
