-- Which member an openid belongs to, and by which claim. Grain: openid. The names differ from those of the events on purpose: datafusion 55 pushes
-- a filter over an outer join to the wrong side where columns of both sides have one name.
-- `roster` holds the current rows of `members`, `binds` every bind. An openid that several members claim belongs to the one of
-- whom that became true last; of two claims of one instant, or without one, a bind goes before the roster, a roster row that
-- arrived later before an earlier one, and the smaller member id before the larger.
with claims as (
    select openid, member_id, coalesce(updated_at, followed_at) as since, 0 as is_bind, _batch as arrived_in, _row as arrived_at
    from roster
    where openid is not null
    union all
    select openid, member_id, at, 1, 0, 0
    from binds
    where openid is not null and member_id is not null and at < $as_of
)
select openid as actor_openid, member_id as actor_id, since as claimed_at, is_bind = 1 as by_bind
from (
    select
        openid,
        member_id,
        since,
        is_bind,
        row_number() over (
            partition by openid
            order by since desc nulls last, is_bind desc, arrived_in desc, arrived_at desc, member_id
        ) as place
    from claims
)
where place = 1
