-- Instants are seconds since 1970 in UTC. Days are dates in the zone of the home, such as 2026-11-22.

-- The size of a saved audience on the day of a snapshot. A later snapshot of the same day replaces the row.
create table audience_days (
    audience_id     text collate "C" not null references audiences (id) on delete cascade,
    day             text collate "C" not null,
    -- The instant whose state the snapshot held, and the name of the snapshot.
    as_of           bigint not null,
    snapshot        text collate "C" not null,
    size            bigint not null,
    -- Members with an openid who follow the account.
    reachable       bigint not null,
    rule_version    bigint not null,
    -- The day that this one is compared with. Null on the first day, which enters and leaves nobody.
    previous_day    text collate "C",
    -- Whether the rule, or that of an audience it refers to, is another one than on the previous day.
    rule_changed    bigint not null check (rule_changed in (0, 1)),
    -- Members who entered or left because something about them changed.
    entered         bigint not null,
    departed        bigint not null,
    -- Members who entered or left only because the rule changed.
    entered_by_rule bigint not null,
    left_by_rule    bigint not null,
    primary key (audience_id, day)
);

-- Who was in the audience on the last two days, for the comparison with the next one. Members are numbers of
-- audience_day_members, one bit each.
create table audience_day_sets (
    audience_id text collate "C" not null references audiences (id) on delete cascade,
    day         text collate "C" not null,
    -- The rule of the day, and those of the audiences it refers to: one JSON object.
    rule        text collate "C" not null,
    members     bytea not null,
    primary key (audience_id, day)
);

-- Who entered and left, for some weeks: ascending numbers of audience_day_members, each as the difference to the one before.
create table audience_day_changes (
    audience_id text collate "C" not null,
    day         text collate "C" not null,
    change      text collate "C" not null check (change in ('entered', 'left', 'entered_by_rule', 'left_by_rule')),
    members     bytea not null,
    primary key (audience_id, day, change),
    foreign key (audience_id, day) references audience_days (audience_id, day) on delete cascade
);

-- The numbers of members, several thousand in a row: a line feed, then the ids, each with a line feed after it. A member's
-- number is 5000 × the row's number + the place in the row, both from 0. It never changes. An erased member leaves an
-- empty line.
create table audience_day_members (
    number bigint primary key,
    ids    text collate "C" not null
);
