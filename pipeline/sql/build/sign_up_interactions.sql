-- Sign-ups, attendances and cancellations as interactions, with their month in the configured zone. Grain: member, activity, kind
-- and second.
-- A cancellation without another time counts as a sign-up too only if it is the first row of its member and activity.
-- The time of an attendance is that of the row, else the start of the activity, else the sign-up.
with rows_with_start as (
    select sign_up_rows.*, activities.starts_at
    from activities
    right join sign_up_rows on activities.activity_id = sign_up_rows.activity_id
),
events as (
    select member_id, activity_id as item_id, 'sign_up' as kind, date_trunc('second', signed_up_at) as at
    from rows_with_start
    where not is_follow_up and (status <> 'cancelled' or became_true_at > signed_up_at or oldest_first = 1)
    union all
    select member_id, activity_id, 'cancel', date_trunc('second', became_true_at)
    from rows_with_start
    where status = 'cancelled'
    union all
    select
        member_id,
        activity_id,
        'attended',
        date_trunc(
            'second',
            case
                when updated_at is not null then became_true_at
                when starts_at > signed_up_at and starts_at < $as_of then starts_at
                else signed_up_at
            end
        )
    from rows_with_start
    where status = 'attended'
)
select
    member_id,
    item_id,
    kind,
    at,
    case kind when 'sign_up' then $sign_up_weight when 'attended' then $attended_weight else 0.0 end as weight,
    cast(null as double) as dwell_seconds,
    cast(null as double) as read_fraction,
    cast(null as varchar) as push_id,
    cast(null as double) as propensity,
    cast(null as boolean) as explored,
    coalesce(substr(cast(local_day(at) as varchar), 1, 7), '0000-00') as month
from events
group by member_id, item_id, kind, at
