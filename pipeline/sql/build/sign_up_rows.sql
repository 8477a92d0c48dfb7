-- Every row of a sign-up with its member. Grain: row.
-- A row whose status became true at or after `$as_of` counts as registered.
-- A cancellation or check-in of the event inbox (`is_follow_up`) is no sign-up. It takes tickets and time from the sign-up
-- before it.
-- `newest_first` = 1 is the current row of a member and an activity: the latest by the instant at which its status became true,
-- then by order of arrival. `zhihui sql` shows the same rows as `sign_ups`. `oldest_first` is the reverse order.
-- Only pairs of several rows pass the window functions, which take most of the time.
with reported as (
    select
        coalesce(source.member_id, actors.actor_id) as member_id,
        source.activity_id,
        source.signed_up_at,
        coalesce(source.updated_at, source.signed_up_at) < $as_of as is_final,
        case when coalesce(source.updated_at, source.signed_up_at) < $as_of then source.status else 'registered' end as status,
        case
            when coalesce(source.updated_at, source.signed_up_at) < $as_of then coalesce(source.updated_at, source.signed_up_at)
            else source.signed_up_at
        end as became_true_at,
        source.updated_at,
        source.tickets,
        source.children,
        source._file like 'inbox:%' and source.status in ('cancelled', 'attended') as is_follow_up,
        source._batch,
        source._row
    from actors
    right join sign_ups as source on source.openid = actors.actor_openid and source.member_id is null
    where source.signed_up_at < $as_of and coalesce(source.member_id, actors.actor_id) is not null
),
several as (
    select member_id as several_member, activity_id as several_activity
    from reported
    group by member_id, activity_id
    having count(*) > 1
),
ordered as (
    select
        reported.*,
        last_value(case when is_follow_up then null else signed_up_at end) ignore nulls over before as signed_up_before,
        last_value(case when is_follow_up then null else coalesce(tickets, 1) end) ignore nulls over before as tickets_before,
        last_value(case when is_follow_up then null else coalesce(children, 0) end) ignore nulls over before as children_before,
        cast(
            row_number() over (partition by member_id, activity_id order by became_true_at, _batch, _row) as bigint
        ) as oldest_first,
        cast(
            row_number() over (
                partition by member_id, activity_id order by became_true_at desc, _batch desc, _row desc
            ) as bigint
        ) as newest_first
    from several
    join reported on several.several_member = reported.member_id and several.several_activity = reported.activity_id
    window before as (
        partition by member_id, activity_id
        order by became_true_at, _batch, _row
        rows between unbounded preceding and current row
    )
    union all
    select
        reported.*,
        case when is_follow_up then null else signed_up_at end,
        case when is_follow_up then null else coalesce(tickets, 1) end,
        case when is_follow_up then null else coalesce(children, 0) end,
        1,
        1
    from several
    right anti join reported
        on several.several_member = reported.member_id
        and several.several_activity = reported.activity_id
)
select
    member_id,
    activity_id,
    coalesce(case when is_follow_up then signed_up_before else signed_up_at end, signed_up_at) as signed_up_at,
    is_final,
    status,
    became_true_at,
    updated_at,
    coalesce(tickets, case when is_follow_up then tickets_before end, 1) as tickets,
    coalesce(children, case when is_follow_up then children_before end, 0) as children,
    is_follow_up,
    _batch,
    _row,
    oldest_first,
    newest_first
from ordered
