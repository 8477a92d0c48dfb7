-- What became of each scheduled report: one row a schedule and period.
create table report_sendings (
    name         text    not null,      -- of the schedule
    period_from  integer not null,      -- seconds since 1970, UTC
    period_to    integer not null,      -- exclusive
    status       text    not null,      -- sent, waiting or failed
    message      text    not null,      -- why it waits or failed; what was done
    done         text    not null,      -- JSON array of the targets that have it: folder, mail
    told         text    not null,      -- the message that the owner was told last
    attempted_at integer not null,
    primary key (name, period_from, period_to)
) strict;
