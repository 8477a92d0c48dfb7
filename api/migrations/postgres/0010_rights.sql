-- Instants are seconds since 1970 in UTC.

-- What people and programs did, one row a deed, each with the hash of the row before: a changed, missing or inserted row
-- breaks the chain. Members stand under a pseudonym drawn at random; whose it is stands in member_pseudonyms alone, so
-- that an erasure takes the name out of the log without touching the log.
create table audit (
    seq      bigint primary key,
    at       bigint not null,
    actor    text collate "C" not null,
    role     text collate "C",
    action   text collate "C" not null,
    member   text collate "C",
    detail   text collate "C" not null,
    previous bytea not null check (length(previous) = 32),
    hash     bytea not null check (length(hash) = 32)
);

create trigger audit_is_never_changed
before update on audit for each row
execute function refuse_change('the audit log is append-only');
create trigger audit_is_never_deleted
before delete on audit for each row
execute function refuse_change('the audit log is append-only');
create trigger audit_is_never_truncated
before truncate on audit
execute function refuse_change('the audit log is append-only');

insert into last_numbers (name, number) values ('audit', 0);
create trigger audit_has_a_last_number
after insert on audit for each row execute function note_last_number();

create table member_pseudonyms (
    member_id text collate "C" primary key,
    pseudonym text collate "C" not null unique
);

-- A member's word on personalised lists, wherever it was said; the latest stands.
create table member_switches (
    member_id    text collate "C" primary key,
    personalised bigint not null check (personalised in (0, 1)),
    at           bigint not null
);

-- Topics that members had deleted: what was read of them until then counts no more.
create table deleted_topics (
    member_id text collate "C" not null,
    topic     text collate "C" not null,
    at        bigint not null,
    primary key (member_id, topic)
);

-- Erasures asked for and not done on the disk yet. The row goes with the last trace.
create table erasures (
    member_id text collate "C" primary key,
    asked_at  bigint not null,
    -- When the member's rows had left the tables of the lake.
    lake_at   bigint
);

create table erasure_openids (
    member_id text collate "C" not null references erasures (member_id) on delete cascade,
    openid    text collate "C" not null,
    primary key (member_id, openid)
);

-- Salted hashes of the ids of members who were erased, so that an old file does not bring them back.
create table forgotten (
    hash bytea primary key check (length(hash) = 32),
    at   bigint not null
);

create table forgotten_salt (
    "only" bigint primary key check ("only" = 1),
    salt bytea not null check (length(salt) = 32)
);

-- Staff may be limited to a union and those below it.
alter table users add column union_id text collate "C";
alter table api_keys add column union_id text collate "C";
