-- Reads as interactions. A read of which is known how far it went weighs from half of a read to a whole one.
-- Grain: member, item, second and event id. A row without event id is the same fact as another of that member, item and
-- second, whether openid or member id named the member. Rows of an unknown openid are left out (`unresolved` counts them).
-- Where no two rows can be one fact, the build reads `unlike` in place of `facts`.
with told as (
    select
        coalesce(told.member_id, actors.actor_id) as member_id,
        told.article_id as item_id,
        date_trunc('second', told.read_at) as at,
        told.event_id,
        told.dwell_seconds,
        told.read_fraction
    from actors
    right join reads as told on told.openid = actors.actor_openid and told.member_id is null
    where told.read_at < $as_of
),
unlike as (
    select member_id, item_id, at, dwell_seconds, read_fraction from told where member_id is not null and item_id is not null
),
identified as (
    select member_id, item_id, at, max(dwell_seconds) as dwell_seconds, max(read_fraction) as read_fraction
    from told
    where event_id is not null and member_id is not null and item_id is not null
    group by event_id, member_id, item_id, at
),
anonymous as (
    select member_id, item_id, at, max(dwell_seconds) as dwell_seconds, max(read_fraction) as read_fraction
    from told
    where event_id is null and member_id is not null and item_id is not null
    group by member_id, item_id, at
),
facts as (
    select * from identified
    union all
    select anonymous.*
    from identified
    right anti join anonymous
        on anonymous.member_id = identified.member_id
        and anonymous.item_id = identified.item_id
        and anonymous.at = identified.at
)
select
    member_id,
    item_id,
    'read' as kind,
    at,
    $read_weight * read_weight(read_fraction, dwell_seconds) as weight,
    dwell_seconds,
    read_fraction,
    cast(null as varchar) as push_id,
    cast(null as double) as propensity,
    cast(null as boolean) as explored
from facts
