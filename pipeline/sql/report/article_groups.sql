-- Readers of the chosen articles in the period by union, age band and district. Grain: article, union, age band and district.
with readers as (
    select events.item_id, events.member_id
    from chosen_articles
    join events on chosen_articles.chosen_article = events.item_id
    where events.kind = 'read' and events.at >= $from and events.at < $to
    group by events.item_id, events.member_id
)
select
    members_in_view.union_id,
    members_in_view.age_band,
    members_in_view.district,
    readers.item_id,
    count(*) as readers
from readers
join members_in_view on readers.member_id = members_in_view.member_id
group by members_in_view.union_id, members_in_view.age_band, members_in_view.district, readers.item_id
