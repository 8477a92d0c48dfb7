-- The functions of SQLite that statements of both databases call.
create function instr(body text, part text) returns integer
language sql immutable parallel safe as 'select strpos(body, part)';

-- The highest number of an event, which stays when events have left. SQLite keeps it on its own. Numbers have no gaps, and
-- writers wait for each other, so that whoever sees a number sees all smaller ones.
create table last_numbers (
    name   text collate "C" primary key,
    number bigint not null
);
insert into last_numbers (name, number) values ('events', 0);

create function note_last_number() returns trigger language plpgsql as $$
begin
    update last_numbers set number = greatest(number, (select coalesce(max(sequence), 0) from inserted))
    where name = tg_table_name;
    return null;
end $$;

-- What was told and not yet left for the lake. `sequence` is never used twice, also after rows have left.
create table events (
    sequence    bigint primary key,
    received_at bigint not null,            -- seconds since 1970, UTC
    body        text collate "C" not null   -- the event in JSON
);

create trigger events_have_a_last_number after insert on events referencing new table as inserted
for each statement execute function note_last_number();

-- What was ever told in the last 90 days, so that it is not taken twice. The hash tells nothing of the event.
create table seen (
    identity    bytea primary key check (length(identity) = 16),
    received_at bigint not null
);
create index seen_by_time on seen (received_at);

-- One row: which inbox this is, and up to which row the lake has taken everything.
create table inbox (
    only_row    bigint primary key check (only_row = 1),
    id          text collate "C" not null,
    drained     bigint not null
);
