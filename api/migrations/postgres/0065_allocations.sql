-- Instants are seconds since 1970 in UTC.

-- Allocations of the tickets of an activity, and draws whose seed is committed and not revealed yet.
create table allocations (
    id                text collate "C" primary key,
    item_id           text collate "C" not null,
    item_title        text collate "C" not null,
    method            text collate "C" not null check (method in ('first_come', 'draw')),
    -- Of a draw: the seed, and its SHA-256, which is shown from the beginning. The seed is shown after the draw.
    seed              text collate "C",
    commitment        text collate "C",
    committed_by      text collate "C",
    committed_at      bigint,
    -- The limits that were kept, a JSON object. Null before the draw, as all that follows.
    rules             text collate "C",
    requests_sha256   text collate "C",
    allocated_by      text collate "C",
    allocated_at      bigint,
    recorded_by       text collate "C",
    recorded_at       bigint,
    check ((method = 'draw') = (seed is not null and commitment is not null and committed_at is not null))
);

create index allocations_of_item on allocations (item_id);
-- A second seed cannot be committed before the first one is revealed.
create unique index one_open_draw on allocations (item_id) where allocated_at is null;

create table allocation_grants (
    allocation_id   text collate "C" not null references allocations (id),
    place           bigint not null,
    member_id       text collate "C" not null,
    union_id        text collate "C",
    signed_up_at    bigint,
    tickets         bigint not null,
    children        bigint not null,
    granted_tickets bigint not null,
    result          text collate "C" not null,
    wait_place      bigint,
    primary key (allocation_id, place)
);

create trigger commitments_are_fixed
before update of item_id, method, seed, commitment, committed_by, committed_at on allocations for each row
execute function refuse_change('a commitment is fixed when it is made');

create trigger allocations_are_final
before update of rules, requests_sha256, allocated_by, allocated_at on allocations for each row
when (old.allocated_at is not null)
execute function refuse_change('an allocation is final');
