-- Articles, activities, and items that only events mention. Grain: item.
-- An item that only events mention is an activity if somebody signed up for it, else an article.
with mentioned as (
    select item_id, max(case when kind in ('sign_up', 'attended', 'cancel') then 1 else 0 end) as is_activity
    from interactions
    group by item_id
),
described as (
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
    coalesce(described.item_id, mentioned.item_id) as item_id,
    coalesce(described.kind, case mentioned.is_activity when 1 then 'activity' else 'article' end) as kind,
    described.title,
    array_distinct(described.topics) as topics,
    described.published_at,
    described.starts_at,
    described.ends_at,
    described.sign_up_opens_at,
    described.sign_up_closes_at,
    described.union_id,
    described.capacity,
    described.per_union_cap,
    described.per_member_cap,
    described.child_tickets,
    described.own_session_at,
    described.min_age,
    described.max_age,
    described.gender,
    described.open_to_unions,
    described.open_to_districts,
    district_name(described.district) as district,
    described.price,
    described.team_size,
    coalesce(described.urgent, false) as urgent,
    described.announces
from described
full join mentioned on described.item_id = mentioned.item_id
