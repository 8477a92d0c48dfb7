-- A member's share of attention by topic, shrunk towards the member's age band by the learnt `prior_weight`, and its lift
-- against all members. Grain: member and topic, where there is evidence.
with totals as (
    select member_id, sum(weight) as total from topic_weights group by member_id
)
select
    topic_weights.member_id,
    topic_weights.topic,
    topic_weights.weight,
    (topic_weights.weight + shrinkage.prior_weight * band.share) / (totals.total + shrinkage.prior_weight) as share,
    (topic_weights.weight + shrinkage.prior_weight * band.share) / (totals.total + shrinkage.prior_weight) / everybody.share
        as lift
from totals
join topic_weights on totals.member_id = topic_weights.member_id
join member_states on totals.member_id = member_states.member_id
join shrinkage on member_states.age_band = shrinkage.age_band
join topic_shares as band on member_states.age_band = band.age_band and topic_weights.topic = band.topic
join topic_shares as everybody on everybody.age_band = 'all' and topic_weights.topic = everybody.topic
where totals.total > 0
