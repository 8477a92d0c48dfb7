-- The sign-up that stands. Grain: member and activity.
-- The latest row by the instant at which its status became true, then by order of arrival.
select member_id, activity_id, signed_up_at, status, tickets, children, became_true_at
from (
    select
        *,
        row_number() over (
            partition by member_id, activity_id order by became_true_at desc, _batch desc, _row desc
        ) as place
    from sign_up_rows
)
where place = 1
