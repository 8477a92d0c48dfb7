-- Decayed weight of interactions and members reached, by item and age band. Grain: item and age band.
-- `weight` halves every $article_half_life_days for articles, every $activity_half_life_days for the rest.
with by_member as (
    select
        interactions.item_id,
        interactions.member_id,
        sum(
            interactions.weight * power(
                2.0,
                (date_part('epoch', interactions.at) - $as_of_seconds) / 86400.0
                / case items.kind when 'article' then $article_half_life_days else $activity_half_life_days end
            )
        ) as weight
    from items
    join interactions on items.item_id = interactions.item_id
    where interactions.weight > 0
    group by interactions.item_id, interactions.member_id
)
select by_member.item_id, member_states.age_band, sum(by_member.weight) as weight, count(*) as reached
from member_states
join by_member on member_states.member_id = by_member.member_id
group by by_member.item_id, member_states.age_band
