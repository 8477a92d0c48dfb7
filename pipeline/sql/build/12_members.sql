-- Every member that any accepted row knows: roster, memberships, events. Grain: member.
-- `follows`: the openid is known and the member has not left since following; a follower since an unknown day follows.
-- Follows (`member_events`) count from then on; a later `updated_at` of the roster with a value of its own counts more.
-- `lifecycle`: `new` first active in the last 30 days; `returning` active in them after at least 60 days of silence;
-- `active` active in them and before; `fading` last active 30 to 90 days ago; `dormant` longer ago; `silent` never.
-- `personalised`: what the member said last, by the order of receipt and whatever the instant asked for; the times that senders
-- give count only within one file. A roster can only refuse, with a later `updated_at` or where
-- the member said nothing, and no later roster withdraws that.
-- `switch_mark` identifies the switch (page, API, command line) that was considered.
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
words as (
    select
        coalesce(told.member_id, actors.actor_id) as member_id,
        told.event,
        told.at,
        told.sequence,
        told._file,
        told._batch,
        told._row
    from actors
    right join member_events as told on told.openid = actors.actor_openid and told.member_id is null
    where (told.at < $as_of or told.event in ('opt_out', 'opt_in')) and coalesce(told.member_id, actors.actor_id) is not null
),
latest_words as (
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
            ) as place
        from words
    )
    where place = 1
),
following as (
    select member_id as follower_id, event = 'follow' as is_follower, at as said_at
    from latest_words
    where event in ('follow', 'unfollow')
),
consents as (
    select member_id as consent_member, event = 'opt_in' as consents, at as consented_at, sequence, _file as consent_file
    from latest_words
    where event in ('opt_in', 'opt_out')
),
bindings as (
    select binder_id, bound_openid, bound_at
    from (
        select
            actors.actor_id as binder_id,
            actors.actor_openid as bound_openid,
            told.at as bound_at,
            row_number() over (
                partition by told.member_id order by told.at desc, told._batch desc, told._row desc
            ) as place
        from actors
        join member_events as told on told.openid = actors.actor_openid and told.member_id = actors.actor_id
        where told.event = 'bind' and told.at < $as_of
    )
    where place = 1
),
known as (
    select member_id from members
    union
    select member_id from clubs
    union
    select member_id from deeds
    union
    select member_id from words
),
consent_sources as (
    select
        known.member_id as owner_id,
        consents.consents,
        consents.consented_at,
        member_switches.allowed,
        member_switches.switched_at,
        member_switches.switch_mark,
        case
            when consents.consents is null then true
            when member_switches.allowed is null then false
            when member_switches.switched_after is not null and starts_with(consents.consent_file, member_switches.switched_beside)
                then coalesce(consents.sequence, 0) <= member_switches.switched_after
            else consents.consented_at <= member_switches.switched_at
        end as switch_is_last
    from known
    left join consents on known.member_id = consents.consent_member
    left join member_switches on known.member_id = member_switches.switch_member
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
        known.member_id as reached_id,
        case
            when bindings.bound_at >= coalesce(aged.updated_at, aged.followed_at, bindings.bound_at) then bindings.bound_openid
            else coalesce(aged.own_openid, bindings.bound_openid)
        end as openid
    from known
    left join aged on known.member_id = aged.member_id
    left join bindings on known.member_id = bindings.binder_id
)
select
    known.member_id,
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
        when following.said_at >= coalesce(greatest(aged.followed_at, aged.unfollowed_at), following.said_at)
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
left join reached on known.member_id = reached.reached_id
left join following on known.member_id = following.follower_id
left join own_consents on known.member_id = own_consents.owner_id
left join refusals on known.member_id = refusals.refuser_id
left join clubs on known.member_id = clubs.member_id
left join deeds on known.member_id = deeds.member_id
left join ages on aged.age = ages.age
