-- The owner of each openid and the claim that decides it. Grain: openid.
-- `roster` has the current openid of each member, dated by the row that gave it, `binds` every bind. If several members claim an
-- openid, the latest claim wins. Of claims at the same instant, or without one, a bind goes before the roster, then a later roster
-- row before an earlier one, then the smaller member id.
-- The column names differ from those of events, because datafusion 55 pushes a filter above an outer join to the wrong side if
-- both sides have a column of the same name.
with claims as (
    select
        openid,
        member_id,
        coalesce(updated_at, followed_at) as since,
        0 as is_bind,
        _batch as arrival_batch,
        _row as arrival_row
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
            order by since desc nulls last, is_bind desc, arrival_batch desc, arrival_row desc, member_id
        ) as priority
    from claims
)
where priority = 1
