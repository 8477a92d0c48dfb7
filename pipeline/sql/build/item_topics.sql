-- The topics of items; each of n topics has the share 1/n. Grain: item and topic.
-- Sensitive topics have no rows, so that no count by topic reveals them.
select item_id, topic, 1.0 / n_topics as share
from (
    select item_id, unnest(topics) as topic, cardinality(topics) as n_topics
    from items
    where cardinality(topics) > 0
)
where not is_sensitive(topic)
