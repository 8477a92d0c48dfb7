-- Mean shares of attention by topic of each age band, and of all members (`all`). Grain: age band and topic.
-- Every member with evidence counts alike, however much of it there is.
with totals as (
    select member_id, sum(weight) as total from topic_weights group by member_id
),
shares as (
    select member_states.age_band, topic_weights.topic, topic_weights.weight / totals.total as share
    from totals
    join topic_weights on totals.member_id = topic_weights.member_id
    join member_states on totals.member_id = member_states.member_id
    where totals.total > 0
),
sizes as (
    select member_states.age_band, count(*) as members
    from totals
    join member_states on totals.member_id = member_states.member_id
    where totals.total > 0
    group by member_states.age_band
),
by_band as (
    select shares.age_band, shares.topic, sum(shares.share) as summed from shares group by shares.age_band, shares.topic
)
select by_band.age_band, by_band.topic, by_band.summed / sizes.members as share, sizes.members
from by_band
join sizes on by_band.age_band = sizes.age_band
union all
select 'all', topic, sum(summed) / (select sum(members) from sizes), (select sum(members) from sizes)
from by_band
group by topic
