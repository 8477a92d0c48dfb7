-- Notes of staff about days, which reports show. Instants are seconds since 1970 in UTC, days are texts such as 2026-10-01.
create table report_notes (
    id         text primary key,
    first_day  text not null check (length(first_day) = 10),
    last_day   text not null check (length(last_day) = 10 and last_day >= first_day),
    text       text not null,
    owner      text not null,
    -- The union subtree of the owner. Null for an owner who sees all unions.
    union_id   text,
    created_at integer not null
) strict, without rowid;

create index report_notes_by_day on report_notes (first_day, last_day);
