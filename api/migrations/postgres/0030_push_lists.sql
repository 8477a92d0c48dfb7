-- Instants are seconds since 1970 in UTC.

-- Saved audiences: the current version of each, and every version with its author.
create table audiences (
    id         text collate "C" primary key,
    name       text collate "C" not null,
    owner      text collate "C" not null,
    -- The union subtree of the owner. Null for an owner who sees all unions.
    union_id   text collate "C",
    version    bigint not null,
    created_at bigint not null
);

create table audience_versions (
    audience_id text collate "C" not null references audiences (id) on delete cascade,
    version     bigint not null,
    rule        text collate "C" not null,
    author      text collate "C" not null,
    at          bigint not null,
    note        text collate "C",
    primary key (audience_id, version)
);

create table push_lists (
    id                 text collate "C" primary key,
    state              text collate "C" not null check (state in ('draft', 'submitted', 'approved', 'exported', 'closed')),
    item_id            text collate "C" not null,
    -- Title, purpose, rule, saved audiences behind the rule, limit, share of the hold-out, preview: one JSON object.
    frozen             text collate "C" not null,
    rule_version       text collate "C" not null,
    as_of              text collate "C" not null,
    model_version      text collate "C" not null,
    members_sha256     text collate "C" not null,
    push               bigint not null,
    hold_out           bigint not null,
    union_id           text collate "C",
    created_by         text collate "C" not null,
    frozen_at          bigint not null,
    submitted_by       text collate "C",
    submitted_at       bigint,
    approved_by        text collate "C",
    approved_at        bigint,
    rejected_by        text collate "C",
    rejected_at        bigint,
    rejected_reason    text collate "C",
    -- Set before the first file is made, so that a repeated export writes the same pushes.
    sent_at            bigint,
    exported_at        bigint,
    closed_by          text collate "C",
    closed_at          bigint,
    check (approved_by is null or approved_by <> created_by)
);

create table push_list_members (
    list_id     text collate "C" not null references push_lists (id),
    rank        bigint not null,
    member_id   text collate "C" not null,
    arm         text collate "C" not null check (arm in ('push', 'hold_out')),
    probability double precision not null,
    reasons     text collate "C" not null,
    -- Why the member was left out when the list was sent. Null for all others.
    left_out    text collate "C",
    primary key (list_id, rank)
);

create trigger push_lists_are_frozen
before update of
    item_id, frozen, rule_version, as_of, model_version,
    members_sha256, push, hold_out, union_id, created_by, frozen_at
on push_lists for each row
execute function refuse_change('a push list is frozen when it is created');

create trigger push_list_members_are_frozen
before update of list_id, rank, member_id, arm, probability, reasons on push_list_members for each row
execute function refuse_change('a push list is frozen when it is created');
