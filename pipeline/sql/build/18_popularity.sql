-- Decayed popularity of items among all members (`all`) and in each age band. Grain: item and age band.
-- `weight` halves every $article_half_life_days for articles, every $activity_half_life_days for the rest. `reach` is the
-- share of the band's members that the item reached, shrunk towards all members' as if $reach_prior members more had been
-- seen at that rate (m-estimate).
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
),
by_band as (
    select by_member.item_id, member_states.age_band, sum(by_member.weight) as weight, count(*) as reached
    from member_states
    join by_member on member_states.member_id = by_member.member_id
    group by by_member.item_id, member_states.age_band
),
bands as (
    select age_band, cast(count(*) as double) as members from member_states group by age_band
),
overall as (
    select
        item_id,
        sum(weight) as weight,
        sum(reached) as reached,
        sum(reached) / (select sum(members) from bands) as reach
    from by_band
    group by item_id
)
select item_id, 'all' as age_band, weight, reached, reach from overall
union all
select
    by_band.item_id,
    by_band.age_band,
    by_band.weight,
    by_band.reached,
    (by_band.reached + $reach_prior * overall.reach) / (bands.members + $reach_prior) as reach
from bands
join by_band on bands.age_band = by_band.age_band
join overall on by_band.item_id = overall.item_id
