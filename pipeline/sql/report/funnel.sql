-- Members who received a push in the period, and those of them who read about its item, signed up and attended. A step does not
-- require the step before. Grain: one row.
-- `revealing_…`: pushes to few members (`$min_arm`) of which few took the step or few did not. They would be the difference of
-- two periods.
with members as (
    select
        sent_to,
        max(has_read) as has_read,
        max(has_signed_up) as has_signed_up,
        max(has_attended) as has_attended
    from responses
    where arm = 'push'
    group by sent_to
),
small_pushes as (
    select
        count(*) as pushed,
        sum(has_read) as read_it,
        sum(has_signed_up) as signed_up,
        sum(has_attended) as attended
    from responses
    where arm = 'push'
    group by push_id
    having count(*) < $min_arm
),
revealing as (
    select
        count(*) filter (where (read_it > 0 and read_it < $min_people) or (pushed > read_it and pushed - read_it < $min_people))
            as revealing_read,
        count(*) filter (
            where (signed_up > 0 and signed_up < $min_people) or (pushed > signed_up and pushed - signed_up < $min_people)
        ) as revealing_signed_up,
        count(*) filter (
            where (attended > 0 and attended < $min_people) or (pushed > attended and pushed - attended < $min_people)
        ) as revealing_attended
    from small_pushes
)
select
    count(*) as pushed,
    coalesce(sum(members.has_read), 0) as read_it,
    coalesce(sum(members.has_signed_up), 0) as signed_up,
    coalesce(sum(members.has_attended), 0) as attended,
    max(revealing.revealing_read) as revealing_read,
    max(revealing.revealing_signed_up) as revealing_signed_up,
    max(revealing.revealing_attended) as revealing_attended
from revealing
cross join members
