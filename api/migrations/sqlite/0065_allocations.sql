-- Instants are seconds since 1970 in UTC.

-- Allocations of the tickets of an activity, and draws whose seed is committed and not revealed yet.
create table allocations (
    id                text primary key,
    item_id           text not null,
    item_title        text not null,
    method            text not null check (method in ('first_come', 'draw')),
    -- Of a draw: the seed, and its SHA-256, which is shown from the beginning. The seed is shown after the draw.
    seed              text,
    commitment        text,
    committed_by      text,
    committed_at      integer,
    -- The limits that were kept, a JSON object. Null before the draw, as all that follows.
    rules             text,
    requests_sha256   text,
    allocated_by      text,
    allocated_at      integer,
    recorded_by       text,
    recorded_at       integer,
    check ((method = 'draw') = (seed is not null and commitment is not null and committed_at is not null))
) strict, without rowid;

create index allocations_of_item on allocations (item_id);
-- A second seed cannot be committed before the first one is revealed.
create unique index one_open_draw on allocations (item_id) where allocated_at is null;

create table allocation_grants (
    allocation_id   text not null references allocations (id),
    place           integer not null,
    member_id       text not null,
    union_id        text,
    signed_up_at    integer,
    tickets         integer not null,
    children        integer not null,
    granted_tickets integer not null,
    result          text not null,
    wait_place      integer,
    primary key (allocation_id, place)
) strict, without rowid;

create trigger commitments_are_fixed
before update of item_id, method, seed, commitment, committed_by, committed_at on allocations
begin select raise(abort, 'a commitment is fixed when it is made'); end;

create trigger allocations_are_final
before update of rules, requests_sha256, allocated_by, allocated_at on allocations
when old.allocated_at is not null
begin select raise(abort, 'an allocation is final'); end;
