-- Which member an openid belongs to. Grain: openid. The names differ from those of the events on purpose: datafusion 55 pushes
-- a filter over an outer join to the wrong side where columns of both sides have one name.
-- An openid in several roster rows belongs to the row that became true last; ties go to the smallest member id.
select openid as actor_openid, member_id as actor_id
from (
    select
        openid,
        member_id,
        row_number() over (
            partition by openid order by coalesce(updated_at, followed_at) desc nulls last, member_id
        ) as place
    from members
    where openid is not null
)
where place = 1
