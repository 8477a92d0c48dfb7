-- Which member an openid belongs to. Grain: openid. Its names differ from those of the events: a filter over an outer join of like-named columns is pushed to the
-- wrong side by datafusion 55.
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
