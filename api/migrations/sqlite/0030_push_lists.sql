-- Instants are seconds since 1970 in UTC.

-- Saved audiences: the current version of each, and every version with its author.
create table audiences (
    id         text primary key,
    name       text not null,
    owner      text not null,
    -- The union subtree of the owner. Null for an owner who sees all unions.
    union_id   text,
    version    integer not null,
    created_at integer not null
) strict, without rowid;

create table audience_versions (
    audience_id text not null references audiences (id) on delete cascade,
    version     integer not null,
    rule        text not null,
    author      text not null,
    at          integer not null,
    note        text,
    primary key (audience_id, version)
) strict, without rowid;

create table push_lists (
    id                 text primary key,
    state              text not null check (state in ('draft', 'submitted', 'approved', 'exported', 'closed')),
    item_id            text not null,
    -- Title, purpose, rule, saved audiences behind the rule, limit, share of the hold-out, preview: one JSON object.
    frozen             text not null,
    rule_version       text not null,
    as_of              text not null,
    model_version      text not null,
    members_sha256     text not null,
    push               integer not null,
    hold_out           integer not null,
    union_id           text,
    created_by         text not null,
    frozen_at          integer not null,
    submitted_by       text,
    submitted_at       integer,
    approved_by        text,
    approved_at        integer,
    rejected_by        text,
    rejected_at        integer,
    rejected_reason    text,
    -- Set before the first file is made, so that a repeated export writes the same pushes.
    sent_at            integer,
    exported_at        integer,
    closed_by          text,
    closed_at          integer,
    check (approved_by is null or approved_by <> created_by)
) strict, without rowid;

create table push_list_members (
    list_id     text not null references push_lists (id),
    rank        integer not null,
    member_id   text not null,
    arm         text not null check (arm in ('push', 'hold_out')),
    probability real not null,
    reasons     text not null,
    -- Why the member was left out when the list was sent. Null for all others.
    left_out    text,
    primary key (list_id, rank)
) strict, without rowid;

create trigger push_lists_are_frozen
before update of
    item_id, frozen, rule_version, as_of, model_version, members_sha256, push, hold_out, union_id, created_by, frozen_at
on push_lists
begin select raise(abort, 'a push list is frozen when it is created'); end;

create trigger push_list_members_are_frozen
before update of list_id, rank, member_id, arm, probability, reasons on push_list_members
begin select raise(abort, 'a push list is frozen when it is created'); end;
