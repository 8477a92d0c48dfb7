-- Instants are seconds since 1970 in UTC.

-- What people and programs did, one row a deed, each with the hash of the row before: a changed, missing or inserted row
-- breaks the chain. Members stand under a pseudonym drawn at random; whose it is stands in member_pseudonyms alone, so
-- that an erasure takes the name out of the log without touching the log.
create table audit (
    seq      integer primary key autoincrement,
    at       integer not null,
    actor    text not null,
    role     text,
    action   text not null,
    member   text,
    detail   text not null,
    previous blob not null check (length(previous) = 32),
    hash     blob not null check (length(hash) = 32)
) strict;

create trigger audit_is_never_changed before update on audit begin select raise(abort, 'the audit log is append-only'); end;
create trigger audit_is_never_deleted before delete on audit begin select raise(abort, 'the audit log is append-only'); end;

create table member_pseudonyms (
    member_id text primary key,
    pseudonym text not null unique
) strict, without rowid;

-- A member's word on personalised lists, wherever it was said; the latest stands.
create table member_switches (
    member_id    text primary key,
    personalised integer not null check (personalised in (0, 1)),
    at           integer not null
) strict, without rowid;

-- Topics that members had deleted: what was read of them until then counts no more.
create table deleted_topics (
    member_id text not null,
    topic     text not null,
    at        integer not null,
    primary key (member_id, topic)
) strict, without rowid;

-- Erasures asked for and not done on the disk yet. The row goes with the last trace.
create table erasures (
    member_id text primary key,
    asked_at  integer not null,
    -- When the member's rows had left the tables of the lake.
    lake_at   integer
) strict, without rowid;

create table erasure_openids (
    member_id text not null references erasures (member_id) on delete cascade,
    openid    text not null,
    primary key (member_id, openid)
) strict, without rowid;

-- Salted hashes of the ids of members who were erased, so that an old file does not bring them back.
create table forgotten (
    hash blob primary key check (length(hash) = 32),
    at   integer not null
) strict, without rowid;

create table forgotten_salt (
    only integer primary key check (only = 1),
    salt blob not null check (length(salt) = 32)
) strict;

-- Staff may be limited to a union and those below it.
alter table users add column union_id text;
alter table api_keys add column union_id text;
