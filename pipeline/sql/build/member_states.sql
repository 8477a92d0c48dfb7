-- Every member of the roster, of memberships or of events. Grain: member.
-- `openid`: that of the member's last bind, unless a later row of the roster has one; only an openid that the member owns.
-- `follows`: the openid is known and the member has not unfollowed since the last follow; an unknown follow date counts as a
-- follow. The later of the last follow event and the roster's dates decides.
-- `lifecycle`: `new` first active in the last 30 days; `returning` active in them after a pause of at least 60 days;
-- `active` active in them and before; `fading` last active 30 to 90 days ago; `dormant` longer ago; `silent` never.
-- Active means a read, share, sign-up or attendance. The 30 and 90 days begin at midnight.
-- `personalised`: the member's last choice by order of receipt, even at or after `$as_of`; times that senders give count within
-- one file only. A roster can only refuse: with a later `updated_at`, or if the member made no choice. No later roster withdraws
-- a refusal.
-- `switch_mark` identifies the switch (page, API, command line) that was considered.
with activity_by_member as (
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
member_events_by_member as (
    select
        coalesce(source.member_id, actors.actor_id) as member_id,
        source.event,
        source.at,
        source.sequence,
        source._file,
        source._batch,
        source._row
    from actors
    right join member_events as source on source.openid = actors.actor_openid and source.member_id is null
    where (source.at < $as_of or source.event in ('opt_out', 'opt_in'))
        and coalesce(source.member_id, actors.actor_id) is not null
),
latest_member_events as (
    select member_id, event, at, sequence, _file
    from (
        select
            *,
            row_number() over (
                partition by member_id, case when event in ('follow', 'unfollow') then 1 when event = 'bind' then 2 else 3 end
                order by
                    case when event in ('opt_out', 'opt_in') then null else at end desc,
                    _batch desc,
                    case when sequence is null then at end desc,
                    _row desc
            ) as newest_first
        from member_events_by_member
    )
    where newest_first = 1
),
following as (
    select member_id as follower_id, event = 'follow' as is_follower, at as event_at
    from latest_member_events
    where event in ('follow', 'unfollow')
),
consents as (
    select member_id as consent_member, event = 'opt_in' as consents, at as consented_at, sequence, _file as consent_file
    from latest_member_events
    where event in ('opt_in', 'opt_out')
),
bindings as (
    select binder_id, bound_openid, bound_at
    from (
        select
            actors.actor_id as binder_id,
            actors.actor_openid as bound_openid,
            source.at as bound_at,
            row_number() over (
                partition by source.member_id order by source.at desc, source._batch desc, source._row desc
            ) as newest_first
        from actors
        join member_events as source on source.openid = actors.actor_openid and source.member_id = actors.actor_id
        where source.event = 'bind' and source.at < $as_of
    )
    where newest_first = 1
),
all_members as (
    select member_id from members
    union
    select member_id from clubs
    union
    select member_id from activity_by_member
    union
    select member_id from member_events_by_member
),
consent_sources as (
    select
        all_members.member_id as owner_id,
        consents.consents,
        consents.consented_at,
        member_switches.allowed,
        member_switches.switched_at,
        member_switches.switch_mark,
        case
            when consents.consents is null then true
            when member_switches.allowed is null then false
            when member_switches.switched_after is not null and starts_with(consents.consent_file, member_switches.switch_inbox)
                then coalesce(consents.sequence, 0) <= member_switches.switched_after
            else consents.consented_at <= member_switches.switched_at
        end as switch_is_last
    from all_members
    left join consents on all_members.member_id = consents.consent_member
    left join member_switches on all_members.member_id = member_switches.switch_member
),
refusals as (
    select member_id as refuser_id, max(updated_at) as refused_at
    from raw_members
    where personalised = false and (updated_at is null or updated_at < $as_of)
    group by member_id
),
own_consents as (
    select
        owner_id,
        switch_mark,
        case when switch_is_last then allowed else consents end as own_consent,
        case when switch_is_last then switched_at else consented_at end as own_consent_at
    from consent_sources
),
aged as (
    select
        members.*,
        case when owners.actor_id = members.member_id then members.openid end as own_openid,
        case when owners.actor_id = members.member_id then owners.claimed_at end as own_openid_since,
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
    left join actors as owners on members.openid = owners.actor_openid
),
reached as (
    select
        all_members.member_id as reached_id,
        case
            when bindings.bound_at >= coalesce(aged.own_openid_since, bindings.bound_at) then bindings.bound_openid
            else coalesce(aged.own_openid, bindings.bound_openid)
        end as openid
    from all_members
    left join aged on all_members.member_id = aged.member_id
    left join bindings on all_members.member_id = bindings.binder_id
)
select
    all_members.member_id,
    reached.openid,
    aged.union_id,
    clubs.further_unions,
    aged.age,
    coalesce(ages.age_band, 'unknown') as age_band,
    aged.gender,
    district_name(aged.home_district) as home_district,
    district_name(aged.work_district) as work_district,
    aged.joined_at,
    reached.openid is not null and case
        when following.event_at >= coalesce(greatest(aged.followed_at, aged.unfollowed_at), following.event_at)
            then following.is_follower
        else (aged.followed_at is null or aged.followed_at < $as_of)
        and not coalesce(
            aged.unfollowed_at < $as_of and (aged.followed_at is null or aged.unfollowed_at >= aged.followed_at), false
        )
    end as follows,
    case
        when own_consents.own_consent is null then refusals.refuser_id is null
        when own_consents.own_consent and refusals.refused_at > own_consents.own_consent_at then false
        else own_consents.own_consent
    end as personalised,
    own_consents.switch_mark,
    coalesce(aged.team_match, false) as team_match,
    activity_by_member.first_active_at,
    activity_by_member.last_active_at,
    case
        when activity_by_member.last_active_at is null then 'silent'
        when activity_by_member.last_active_at >= $recent_from and activity_by_member.last_earlier_at is null then 'new'
        when activity_by_member.last_active_at >= $recent_from
            and activity_by_member.first_recent_at - activity_by_member.last_earlier_at >= interval '60 days' then 'returning'
        when activity_by_member.last_active_at >= $recent_from then 'active'
        when activity_by_member.last_active_at >= $fading_from then 'fading'
        else 'dormant'
    end as lifecycle
from all_members
left join aged on all_members.member_id = aged.member_id
left join reached on all_members.member_id = reached.reached_id
left join following on all_members.member_id = following.follower_id
left join own_consents on all_members.member_id = own_consents.owner_id
left join refusals on all_members.member_id = refusals.refuser_id
left join clubs on all_members.member_id = clubs.member_id
left join activity_by_member on all_members.member_id = activity_by_member.member_id
left join ages on aged.age = ages.age
