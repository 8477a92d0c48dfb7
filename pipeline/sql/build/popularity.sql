-- Decayed popularity of items among all members (`all`) and in each age band, for analysts. Grain: item and age band.
-- The ranking has its own popularity with learnt half-lives: see data/README.md.
-- `reach` is the share of the band's members whom the item reached, shrunk towards the share among all members as if
-- $reach_prior more members had been seen (m-estimate).
with bands as (
    select age_band, cast(count(*) as double) as members from member_states group by age_band
),
reached_bands as (
    select item_bands.item_id, item_bands.age_band, item_bands.weight, item_bands.reached, bands.members
    from bands
    join item_bands on bands.age_band = item_bands.age_band
    where item_bands.reached > 0
),
overall as (
    select
        item_id,
        cast(sum(cast(weight as decimal(38, 20))) as double) as weight,
        sum(reached) as reached,
        sum(reached) / (select sum(members) from bands) as reach
    from reached_bands
    group by item_id
)
select item_id, 'all' as age_band, weight, reached, reach from overall
union all
select
    reached_bands.item_id,
    reached_bands.age_band,
    reached_bands.weight,
    reached_bands.reached,
    (reached_bands.reached + $reach_prior * overall.reach) / (reached_bands.members + $reach_prior) as reach
from overall
join reached_bands on overall.item_id = reached_bands.item_id
