-- What was told and not yet left for the lake. `sequence` is never used twice, also after rows have left.
create table events (
    sequence    integer primary key autoincrement,
    received_at integer not null,   -- seconds since 1970, UTC
    body        text not null       -- the event in JSON
) strict;

-- What was ever told in the last 90 days, so that it is not taken twice. The hash tells nothing of the event.
create table seen (
    identity    blob primary key check (length(identity) = 16),
    received_at integer not null
) strict, without rowid;
create index seen_by_time on seen (received_at);

-- One row: which inbox this is, and up to which row the lake has taken everything.
create table inbox (
    only_row    integer primary key check (only_row = 1),
    id          text not null,
    drained     integer not null
) strict;
