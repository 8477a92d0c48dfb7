-- Feedback on an item as interactions of no weight; feedback on nothing in particular stays in its own table.
-- Grain: member, item, second and event id. A row without event id is the same fact as another of that member, item and
-- second, whether openid or member id named the member. Rows of an unknown openid are left out (`unresolved` counts them).
-- Where no two rows can be one fact, the build reads `unlike` in place of `facts`.
with told as (
    select
        coalesce(told.member_id, actors.actor_id) as member_id,
        told.item_id as item_id,
        date_trunc('second', told.at) as at,
        told.event_id,
        1 as times
    from actors
    right join feedback as told on told.openid = actors.actor_openid and told.member_id is null
    where told.at < $as_of
),
unlike as (
    select member_id, item_id, at, times from told where member_id is not null and item_id is not null
),
identified as (
    select member_id, item_id, at, count(*) as times
    from told
    where event_id is not null and member_id is not null and item_id is not null
    group by event_id, member_id, item_id, at
),
anonymous as (
    select member_id, item_id, at, count(*) as times
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
    'feedback' as kind,
    at,
    0.0 as weight,
    cast(null as double) as dwell_seconds,
    cast(null as double) as read_fraction,
    cast(null as varchar) as push_id,
    cast(null as double) as propensity,
    cast(null as boolean) as explored
from facts
