-- The reads of all items add up to all reads, and their seats to the tickets of current sign-ups.
select by_item.reads as reads_by_item, all_reads.reads, by_item.seats as seats_by_item, current_sign_ups.seats
from (select coalesce(sum(reads), 0) as reads, coalesce(sum(seats_taken), 0) as seats from item_activity) as by_item
cross join (select count(*) as reads from interactions where kind = 'read') as all_reads
cross join (
    select coalesce(sum(tickets), 0) as seats from sign_up_states where status in ('registered', 'attended')
) as current_sign_ups
where by_item.reads <> all_reads.reads or by_item.seats <> current_sign_ups.seats
