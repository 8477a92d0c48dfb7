-- Reads by item and reads by interaction agree, as do seats by item and tickets of standing sign-ups.
select by_item.reads as reads_by_item, told.reads, by_item.seats as seats_by_item, standing.seats
from (select coalesce(sum(reads), 0) as reads, coalesce(sum(seats_taken), 0) as seats from item_activity) as by_item
cross join (select count(*) as reads from interactions where kind = 'read') as told
cross join (
    select coalesce(sum(tickets), 0) as seats from sign_up_states where status in ('registered', 'attended')
) as standing
where by_item.reads <> told.reads or by_item.seats <> standing.seats
