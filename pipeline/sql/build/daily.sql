-- People and person-times of each day. Grain: day in the configured zone.
select
    day,
    count(*) filter (where reads > 0) as readers,
    sum(reads) as reads,
    count(*) filter (where shares > 0) as sharers,
    sum(shares) as shares,
    count(*) filter (where sign_ups > 0) as members_signed_up,
    sum(sign_ups) as sign_ups,
    sum(cancellations) as cancellations,
    count(*) filter (where attendances > 0) as members_attended,
    sum(attendances) as attendances,
    count(*) filter (where pushes > 0) as members_pushed,
    sum(pushes) as pushes
from member_days
group by day
