-- People and person-times of each item so far. Grain: item.
with totals as (
    select
        item_id,
        sum(readers) as readers,
        sum(reads) as reads,
        sum(sharers) as sharers,
        sum(shares) as shares,
        min(first_at) as first_at,
        max(last_at) as last_at
    from item_bands
    group by item_id
),
seats as (
    select
        activity_id,
        count(*) filter (where status <> 'cancelled') as sign_ups,
        count(*) filter (where status = 'waitlisted') as waitlisted,
        count(*) filter (where status = 'cancelled') as cancelled,
        count(*) filter (where status = 'attended') as attended,
        count(*) filter (where status = 'no_show') as no_shows,
        coalesce(sum(tickets) filter (where status in ('registered', 'attended')), 0) as seats_taken
    from sign_up_states
    group by activity_id
)
select
    items.item_id,
    items.kind,
    coalesce(totals.readers, 0) as readers,
    coalesce(totals.reads, 0) as reads,
    coalesce(totals.sharers, 0) as sharers,
    coalesce(totals.shares, 0) as shares,
    coalesce(seats.sign_ups, 0) as sign_ups,
    coalesce(seats.waitlisted, 0) as waitlisted,
    coalesce(seats.cancelled, 0) as cancelled,
    coalesce(seats.attended, 0) as attended,
    coalesce(seats.no_shows, 0) as no_shows,
    coalesce(seats.seats_taken, 0) as seats_taken,
    items.capacity,
    totals.first_at,
    totals.last_at
from items
left join totals on items.item_id = totals.item_id
left join seats on items.item_id = seats.activity_id
