-- The sign-up that stands: the current one of `sign_up_rows`. Grain: member and activity.
select member_id, activity_id, signed_up_at, status, tickets, children, became_true_at
from sign_up_rows
where newest_first = 1
