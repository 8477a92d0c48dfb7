-- The current row of each sign-up. Grain: member and activity.
select member_id, activity_id, signed_up_at, status, tickets, children, became_true_at
from sign_up_rows
where newest_first = 1
