-- Sign-ups, attendances and cancellations as interactions. Grain: member, activity, kind and second.
-- A cancellation without another time counts as a sign-up too only if it is the first row of its member and activity.
-- The time of an attendance is that of the row, else the start of the activity, else the sign-up.
with numbered_rows as (
    select
        sign_up_rows.*,
        activities.starts_at,
        row_number() over (
            partition by member_id, sign_up_rows.activity_id order by became_true_at, _batch, _row
        ) as row_number_by_time
    from activities
    right join sign_up_rows on activities.activity_id = sign_up_rows.activity_id
),
events as (
    select member_id, activity_id as item_id, 'sign_up' as kind, date_trunc('second', signed_up_at) as at
    from numbered_rows
    where not is_follow_up and (status <> 'cancelled' or became_true_at > signed_up_at or row_number_by_time = 1)
    union all
    select member_id, activity_id, 'cancel', date_trunc('second', became_true_at)
    from numbered_rows
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
    from numbered_rows
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
    cast(null as boolean) as explored
from events
group by member_id, item_id, kind, at
