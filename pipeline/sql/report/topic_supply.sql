-- Articles published about each topic in the period, and who read about it. Each of an item's n topics gets 1/n of an article and
-- of a read. Grain: topic.
with published as (
    select
        item_topics.topic,
        count(*) as articles,
        -- Decimals, because a sum of floating-point numbers depends on the order of rows.
        sum(cast(item_topics.share as decimal(20, 12))) as supply
    from items
    join item_topics on items.item_id = item_topics.item_id
    where items.kind = 'article' and items.published_at >= $from and items.published_at < $to
    group by item_topics.topic
),
by_member as (
    select item_topics.topic, events.member_id, sum(cast(item_topics.share as decimal(20, 12))) as attention
    from item_topics
    join events on item_topics.item_id = events.item_id
    where events.kind = 'read' and events.at >= $from and events.at < $to
    group by item_topics.topic, events.member_id
),
read_topics as (
    select topic as read_topic, count(*) as readers, sum(attention) as demand from by_member group by topic
),
joined as (
    select
        coalesce(published.topic, read_topics.read_topic) as topic,
        coalesce(published.articles, 0) as articles,
        coalesce(cast(published.supply as double), 0.0) as supply,
        coalesce(read_topics.readers, 0) as readers,
        coalesce(cast(read_topics.demand as double), 0.0) as demand
    from published
    full join read_topics on published.topic = read_topics.read_topic
),
totals as (
    select
        (select cast(sum(supply) as double) from published) as all_supply,
        (select cast(sum(demand) as double) from read_topics) as all_demand
)
select
    joined.topic,
    case when joined.supply > 0 then 100.0 * (joined.demand / totals.all_demand) / (joined.supply / totals.all_supply) end
        as index,
    joined.articles,
    joined.supply / totals.all_supply as supply_share,
    joined.readers,
    joined.demand / totals.all_demand as demand_share
from joined
cross join totals
order by case when joined.readers >= $min_people then joined.readers else 0 end desc, joined.topic
