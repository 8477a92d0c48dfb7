-- A member's share of attention by topic, shrunk towards the member's age band by the learnt `prior_weight` of the band, and
-- its lift against all members, both as the published snapshot and the pages have them. Grain: member and topic, where there is evidence. `topic_shares` holds what was learnt.
with totals as (
    select member_id, sum(weight) as total from topic_weights group by member_id
),
held as (
    select
        topic_weights.member_id,
        topic_weights.topic,
        topic_weights.weight,
        member_states.age_band,
        totals.total
    from totals
    join member_states on totals.member_id = member_states.member_id
    join topic_weights on totals.member_id = topic_weights.member_id
    where totals.total > 0
),
shrunk as (
    select
        held.member_id,
        held.topic,
        held.weight,
        (held.weight + band.prior_weight * band.share) / (held.total + band.prior_weight) as share
    from topic_shares as band
    join held on band.age_band = held.age_band and band.topic = held.topic
)
select shrunk.member_id, shrunk.topic, shrunk.weight, shrunk.share, (shrunk.share + 0.001) / (everybody.share + 0.001) as lift
from topic_shares as everybody
join shrunk on everybody.topic = shrunk.topic
where everybody.age_band = 'all'
