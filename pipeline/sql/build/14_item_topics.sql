-- The topics of items; an item with n topics gives 1/n of itself to each. Grain: item and topic.
-- Sensitive topics have no rows, so that nothing that is counted by topic can tell of them.
select item_id, topic, 1.0 / cardinality_of as share
from (
    select item_id, unnest(topics) as topic, cardinality(topics) as cardinality_of
    from items
    where cardinality(topics) > 0
)
where not is_sensitive(topic)
