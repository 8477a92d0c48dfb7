-- A member's share of attention by topic, shrunk towards that of the age band with the band's `prior_weight` (`topic_shares`), and
-- its lift over all members, as in the published snapshot and on pages. Grain: member and topic with evidence.
with totals as (
    select member_id, cast(sum(cast(weight as decimal(38, 20))) as double) as total from topic_weights group by member_id
),
evidence as (
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
        evidence.member_id,
        evidence.topic,
        evidence.weight,
        (evidence.weight + band.prior_weight * band.share) / (evidence.total + band.prior_weight) as share
    from topic_shares as band
    join evidence on band.age_band = evidence.age_band and band.topic = evidence.topic
)
select shrunk.member_id, shrunk.topic, shrunk.weight, shrunk.share, (shrunk.share + 0.001) / (overall.share + 0.001) as lift
from topic_shares as overall
join shrunk on overall.topic = shrunk.topic
where overall.age_band = 'all'
