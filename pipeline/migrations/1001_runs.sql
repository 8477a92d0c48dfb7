-- What was run, when, on which state, and how it ended. One row a run; never changed once finished.
create table runs (
    run_id text primary key,
    command text not null,
    as_of integer not null,            -- seconds since 1970, UTC: the state the run looked at
    started_at integer not null,
    finished_at integer,               -- null while running, or when the process died
    outcome text,                      -- done, refused or failed
    version text,                      -- the snapshot that was published
    inputs text not null default '',   -- fingerprint of the raw tables after ingest
    result text not null default '{}'  -- the JSON that the command printed
) strict;
create index runs_by_start on runs (started_at);
