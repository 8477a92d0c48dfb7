-- Articles and activities in one id space, and items that only events name. Grain: item.
-- An item that only events name is an activity if somebody signed up for it, else an article.
with named as (
    select item_id, max(case when kind in ('sign_up', 'attended', 'cancel') then 1 else 0 end) as is_activity
    from interactions
    group by item_id
),
told as (
    select
        activity_id as item_id,
        coalesce(kind, 'activity') as kind,
        title,
        topics,
        arrow_cast(null, 'Timestamp(Microsecond, Some("UTC"))') as published_at,
        starts_at,
        ends_at,
        sign_up_opens_at,
        sign_up_closes_at,
        union_id,
        capacity,
        per_union_cap,
        per_member_cap,
        child_tickets,
        own_session_at,
        min_age,
        max_age,
        gender,
        open_to_unions,
        open_to_districts,
        district,
        price,
        team_size,
        coalesce(urgent, false) as urgent,
        cast(null as varchar) as announces
    from activities
    union all
    select
        article_id, 'article', title, topics, published_at, null, null, null, null, null, null, null, null, null, null, null,
        null, null, null, null, null, null, null, false, articles.activity_id
    from activities
    right anti join articles on activities.activity_id = articles.article_id
)
select
    coalesce(told.item_id, named.item_id) as item_id,
    coalesce(told.kind, case named.is_activity when 1 then 'activity' else 'article' end) as kind,
    told.title,
    array_distinct(told.topics) as topics,
    told.published_at,
    told.starts_at,
    told.ends_at,
    told.sign_up_opens_at,
    told.sign_up_closes_at,
    told.union_id,
    told.capacity,
    told.per_union_cap,
    told.per_member_cap,
    told.child_tickets,
    told.own_session_at,
    told.min_age,
    told.max_age,
    told.gender,
    told.open_to_unions,
    told.open_to_districts,
    district_name(told.district) as district,
    told.price,
    told.team_size,
    coalesce(told.urgent, false) as urgent,
    told.announces
from told
full join named on told.item_id = named.item_id
