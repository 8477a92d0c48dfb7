-- Interactions of the members in view, from the beginning of the previous period to the end of this one. Grain: interaction.
select
    interactions.member_id,
    interactions.item_id,
    interactions.kind,
    interactions.at,
    interactions.dwell_seconds,
    interactions.read_fraction,
    interactions.push_id,
    members_in_view.age_band,
    members_in_view.union_id
from members_in_view
join interactions on members_in_view.member_id = interactions.member_id
where interactions.at >= $earliest and interactions.at < $as_of
