-- Members who received a push in the period, and those of them who read about its item, signed up and attended. A step does not
-- require the step before. Grain: one row.
select
    count(*) as pushed,
    coalesce(sum(has_read), 0) as read_it,
    coalesce(sum(has_signed_up), 0) as signed_up,
    coalesce(sum(has_attended), 0) as attended
from (
    select
        sent_to,
        max(has_read) as has_read,
        max(has_signed_up) as has_signed_up,
        max(has_attended) as has_attended
    from responses
    where arm = 'push'
    group by sent_to
)
