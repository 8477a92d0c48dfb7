-- Which member an openid belongs to. Grain: openid. The names differ from those of the events on purpose: datafusion 55 pushes
-- a filter over an outer join to the wrong side where columns of both sides have one name.
-- An openid told of several members belongs to the one of whom that became true last, by roster or by a bind; ties go to the
-- smallest member id.
with told as (
    select openid, member_id, coalesce(updated_at, followed_at) as since
    from members
    where openid is not null
    union all
    select openid, member_id, at
    from member_events
    where event = 'bind' and openid is not null and member_id is not null and at < $as_of
)
select openid as actor_openid, member_id as actor_id
from (
    select
        openid,
        member_id,
        row_number() over (partition by openid order by since desc nulls last, member_id) as place
    from told
)
where place = 1
