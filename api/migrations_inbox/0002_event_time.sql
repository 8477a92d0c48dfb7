-- When an event happened, microseconds since 1970 in UTC: finds the events that lie ahead of a snapshot's instant.
alter table events add column at integer generated always as (body ->> '$.at') virtual;
alter table events add column type text generated always as (body ->> '$.type') virtual;
create index events_by_time on events (at);
