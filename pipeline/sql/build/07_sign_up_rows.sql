-- Every row that was ever told about a sign-up, with its member. Grain: row.
-- A row whose status became true later than the instant asked for shows a sign-up that was then registered.
-- A cancellation or check-in of the event inbox (`follows_up`) tells of the sign-up before it: its tickets and its time are
-- those of that one, and it is no sign-up of its own.
-- `newest_first` = 1 is the current row of a member and an activity: the latest by the instant at which its status became
-- true, then by order of arrival. `zhihui sql` shows the same rows as `sign_ups`.
with told as (
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
        told.tickets,
        told.children,
        told._file like 'inbox:%' and told.status in ('cancelled', 'attended') as follows_up,
        told._batch,
        told._row
    from actors
    right join sign_ups as told on told.openid = actors.actor_openid and told.member_id is null
    where told.signed_up_at < $as_of and coalesce(told.member_id, actors.actor_id) is not null
),
known as (
    select
        *,
        case when follows_up then signed_up_before else signed_up_at end as first_told_at
    from (
        select
            *,
            last_value(case when follows_up then null else signed_up_at end) ignore nulls over before as signed_up_before,
            last_value(case when follows_up then null else coalesce(tickets, 1) end) ignore nulls over before as tickets_before,
            last_value(case when follows_up then null else coalesce(children, 0) end) ignore nulls over before as children_before
        from told
        window before as (
            partition by member_id, activity_id
            order by became_true_at, _batch, _row
            rows between unbounded preceding and current row
        )
    )
)
select
    member_id,
    activity_id,
    coalesce(first_told_at, signed_up_at) as signed_up_at,
    is_final,
    status,
    became_true_at,
    updated_at,
    coalesce(tickets, case when follows_up then tickets_before end, 1) as tickets,
    coalesce(children, case when follows_up then children_before end, 0) as children,
    follows_up,
    _batch,
    _row,
    row_number() over (
        partition by member_id, activity_id order by became_true_at desc, _batch desc, _row desc
    ) as newest_first
from known
