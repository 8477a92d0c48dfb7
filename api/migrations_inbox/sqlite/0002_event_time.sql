-- When an event happened, microseconds since 1970 in UTC, and its type.
alter table events add column at integer generated always as (body ->> '$.at') virtual;
alter table events add column type text generated always as (body ->> '$.type') virtual;
create index events_by_time on events (at);

-- 1: dated at or after the instant of the run that reached it. It waits alone; later numbers pass.
alter table events add column held integer not null default 0 check (held in (0, 1));
create index events_held on events (sequence) where held = 1;
-- The number under which it was held, once its time came and it moved to the end.
alter table events add column moved_from integer;

-- Up to which row a run has decided what is held. Decided before anything is committed to the lake, and once: a run that
-- dies between two tables is finished by the next with the same rows.
alter table inbox add column judged integer not null default 0;
