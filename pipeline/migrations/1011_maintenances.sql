-- When the lake was maintained; the latest row says when it is due again.
create table maintenances (
    ended_at integer not null       -- seconds since 1970, UTC
) strict;
