-- Push lists of a topic, and permissions that people without a known member withdrew. Instants are seconds since 1970 in UTC.

-- The topic of a list; its item_id is empty. Null for a list of an item.
alter table push_lists add column topic text collate "C";
-- The item that a list of a topic was sent for: chosen when its pushes are fixed, and never changed.
alter table push_lists add column sent_item_id text collate "C";
alter table push_lists add column sent_item_title text collate "C";

create trigger push_lists_keep_their_topic
before update of topic on push_lists for each row
execute function refuse_change('a push list is frozen when it is created');

create trigger push_lists_keep_their_item
before update of sent_item_id, sent_item_title on push_lists for each row
when (old.sent_item_id is not null or new.topic is null)
execute function refuse_change('the item of a push list is chosen once');

-- Salted hashes of openids whose owner is unknown and who withdrew a permission for stored data. Whom they are bound to later is
-- erased, unless they follow the account again before.
create table revoked_openids (
    hash bytea primary key check (length(hash) = 32),
    at   bigint not null
);
