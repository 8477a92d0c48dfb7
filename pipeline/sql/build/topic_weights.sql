-- A member's evidence of interest by topic: the weight of reads, shares, sign-ups and attendances, the reads as person-times, and
-- the attention (each of an item's n topics gets 1/n of a read). Grain: member and topic.
-- An event weighs 1, a read its `read_weight`; the weight is halved every $topic_half_life_days, as in the published snapshot.
-- No evidence: items with a sensitive topic (their shares in `item_topics` add up to less than 1), cancelled sign-ups, and events
-- before the member deleted the topic. Members without personalised lists have no rows.
with members_without_lists as (
    select member_id as refusing_member from member_states where not personalised
),
open_items as (
    select item_id as open_item from item_topics group by item_id having sum(share) > 0.999999
),
events as (
    select
        interactions.member_id,
        interactions.item_id,
        item_topics.topic,
        item_topics.share,
        read_weight(interactions.read_fraction, interactions.dwell_seconds) as factor,
        interactions.kind,
        interactions.at
    from open_items
    join item_topics on open_items.open_item = item_topics.item_id
    join interactions on item_topics.item_id = interactions.item_id
    where interactions.kind in ('read', 'share', 'sign_up', 'attended')
),
cancelled as (
    select member_id as cancelling_member, activity_id as cancelled_item from sign_up_states where status = 'cancelled'
),
current_events as (
    select events.member_id, events.topic, events.share, events.factor, events.kind, events.at
    from cancelled
    right anti join events
        on cancelled.cancelling_member = events.member_id
        and cancelled.cancelled_item = events.item_id
        and events.kind = 'sign_up'
),
counted_events as (
    select
        current_events.member_id,
        current_events.topic,
        current_events.share,
        current_events.factor,
        current_events.kind,
        current_events.at
    from members_without_lists
    right anti join current_events on members_without_lists.refusing_member = current_events.member_id
)
select
    counted_events.member_id,
    counted_events.topic,
    cast(
        sum(
            cast(
                counted_events.share
                * counted_events.factor
                * power(2.0, (date_part('epoch', counted_events.at) - $as_of_seconds) / 86400.0 / $topic_half_life_days)
                as decimal(38, 20)
            )
        ) as double
    ) as weight,
    count(*) filter (where counted_events.kind = 'read') as reads,
    coalesce(
        cast(sum(cast(counted_events.share as decimal(38, 20))) filter (where counted_events.kind = 'read') as double), 0.0
    ) as attention
from deleted_topics
right join counted_events
    on deleted_topics.deleted_member = counted_events.member_id
    and deleted_topics.deleted_topic = counted_events.topic
where deleted_topics.deleted_at is null or counted_events.at > deleted_topics.deleted_at
group by counted_events.member_id, counted_events.topic
