-- Every row that was ever told about a sign-up, with its member. Grain: row.
-- A row whose status became true later than the instant asked for shows a sign-up that was then registered.
select
    coalesce(told.member_id, actors.actor_id) as member_id,
    told.activity_id,
    told.signed_up_at,
    coalesce(told.updated_at, told.signed_up_at) < $as_of as is_final,
    case when coalesce(told.updated_at, told.signed_up_at) < $as_of then told.status else 'registered' end as status,
    case
        when coalesce(told.updated_at, told.signed_up_at) < $as_of then coalesce(told.updated_at, told.signed_up_at)
        else told.signed_up_at
    end as became_true_at,
    told.updated_at,
    coalesce(told.tickets, 1) as tickets,
    coalesce(told.children, 0) as children,
    told._batch,
    told._row
from actors
right join sign_ups as told on told.openid = actors.actor_openid and told.member_id is null
where told.signed_up_at < $as_of and coalesce(told.member_id, actors.actor_id) is not null
