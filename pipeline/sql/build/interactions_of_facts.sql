-- Events of one table as interactions. `FactQuery` in `interaction_queries.rs` replaces the names in braces.
-- Grain: member, item, second and event id. A row without event id is the same fact as another row of that member, item and
-- second, whether openid or member id named the member. Rows of an unknown openid are left out (`unresolved` counts them).
-- `{rows}` is `facts`, or `reported_facts` where no two rows can be the same fact.
with reported as (
    select
        coalesce(events.member_id, actors.actor_id) as member_id,
        events.{item_column} as item_id,
        date_trunc('second', events.{time_column}) as at,
        events.event_id,
        {dwell_seconds} as dwell_seconds,
        {read_fraction} as read_fraction,
        {propensity} as propensity,
        {explored} as explored
    from actors
    right join {table} as events on events.openid = actors.actor_openid and events.member_id is null
    where events.{time_column} < $as_of
),
reported_facts as (
    select member_id, item_id, at, dwell_seconds, read_fraction, propensity, explored
    from reported
    where member_id is not null and item_id is not null
),
with_event_id as (
    select
        member_id,
        item_id,
        at,
        max(dwell_seconds) as dwell_seconds,
        max(read_fraction) as read_fraction,
        max(propensity) as propensity,
        bool_or(explored) as explored
    from reported
    where event_id is not null and member_id is not null and item_id is not null
    group by event_id, member_id, item_id, at
),
without_event_id as (
    select
        member_id,
        item_id,
        at,
        max(dwell_seconds) as dwell_seconds,
        max(read_fraction) as read_fraction,
        max(propensity) as propensity,
        bool_or(explored) as explored
    from reported
    where event_id is null and member_id is not null and item_id is not null
    group by member_id, item_id, at
),
facts as (
    select * from with_event_id
    union all
    select without_event_id.*
    from with_event_id
    right anti join without_event_id
        on without_event_id.member_id = with_event_id.member_id
        and without_event_id.item_id = with_event_id.item_id
        -- As numbers, because datafusion 55 cannot join by sorting on instants with a zone.
        and arrow_cast(without_event_id.at, 'Int64') = arrow_cast(with_event_id.at, 'Int64')
)
select
    member_id,
    item_id,
    '{kind}' as kind,
    at,
    {weight} as weight,
    dwell_seconds,
    read_fraction,
    cast(null as varchar) as push_id,
    propensity,
    explored
from {rows}
