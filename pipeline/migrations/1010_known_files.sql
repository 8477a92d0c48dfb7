-- Files that ingest has hashed, so that the next run need not read them again. It only saves work and may be emptied.
create table known_files (
    path text primary key,          -- canonical
    bytes integer not null,
    modified_ns integer not null,   -- nanoseconds since 1970, UTC
    changed_ns integer not null,
    sha256 text not null,
    names_nobody integer not null,  -- 1: it was looked through for columns of names, phones and identity numbers, and has none
    seen_at integer not null        -- seconds since 1970, UTC: the last run that found it
) strict;
