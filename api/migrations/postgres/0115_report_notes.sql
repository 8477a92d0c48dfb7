-- Notes of staff about days, which reports show. Instants are seconds since 1970 in UTC, days are texts such as 2026-10-01.
create table report_notes (
    id         text collate "C" primary key,
    first_day  text collate "C" not null check (length(first_day) = 10),
    last_day   text collate "C" not null check (length(last_day) = 10 and last_day >= first_day),
    text       text collate "C" not null,
    owner      text collate "C" not null,
    -- The union subtree of the owner. Null for an owner who sees all unions.
    union_id   text collate "C",
    created_at bigint not null
);

create index report_notes_by_day on report_notes (first_day, last_day);
