-- Items by age band: decayed weight, members reached, people and person-times of reads and shares. Grain: item and age band.
-- The weight is halved every $article_half_life_days for articles and every $activity_half_life_days for other items. An item
-- reaches the members for whom it had a weight. Here and elsewhere decimals are summed, because sums of doubles depend on their
-- order; a weight is 0 after 67 half-lives.
with by_member as (
    select
        interactions.item_id,
        interactions.member_id,
        sum(
            cast(
                interactions.weight * power(
                    2.0,
                    (date_part('epoch', interactions.at) - $as_of_seconds) / 86400.0
                    / case items.kind when 'article' then $article_half_life_days else $activity_half_life_days end
                ) as decimal(38, 20)
            )
        ) as weight,
        count(*) filter (where interactions.weight > 0) as weighted,
        count(*) filter (where interactions.kind = 'read') as reads,
        count(*) filter (where interactions.kind = 'share') as shares,
        min(interactions.at) as first_at,
        max(interactions.at) as last_at
    from items
    join interactions on items.item_id = interactions.item_id
    group by interactions.item_id, interactions.member_id
)
select
    by_member.item_id,
    member_states.age_band,
    cast(sum(by_member.weight) as double) as weight,
    count(*) filter (where by_member.weighted > 0) as reached,
    count(*) filter (where by_member.reads > 0) as readers,
    sum(by_member.reads) as reads,
    count(*) filter (where by_member.shares > 0) as sharers,
    sum(by_member.shares) as shares,
    min(by_member.first_at) as first_at,
    max(by_member.last_at) as last_at
from member_states
join by_member on member_states.member_id = by_member.member_id
group by by_member.item_id, member_states.age_band
