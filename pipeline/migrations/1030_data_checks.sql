-- What was measured of each build, and how its checks ended. The last published row is what the next build is compared with.
create table data_checks (
    run_id text primary key,
    as_of integer not null,             -- seconds since 1970, UTC
    measured_at integer not null,
    measures text not null,             -- JSON
    checks text not null,               -- JSON
    published integer not null default 0
) strict;
create index data_checks_by_time on data_checks (measured_at);

-- Usable rows of the newest delivery of each roster, by table and file name.
create table deliveries (
    name text primary key,
    rows integer not null,
    run_id text not null,
    at integer not null                 -- seconds since 1970, UTC
) strict;
