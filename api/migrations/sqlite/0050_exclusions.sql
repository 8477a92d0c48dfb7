-- Instants are seconds since 1970 in UTC.

-- Lists of members whom audiences leave out.
create table exclusion_lists (
    id         text primary key,
    name       text not null,
    purpose    text,
    owner      text not null,
    -- The union subtree of the owner. Null for an owner who sees all unions.
    union_id   text,
    -- Whether the list applies to every audience, or only where it is chosen.
    always     integer not null check (always in (0, 1)),
    -- The last day on which it applies, such as 2027-03-31. Null for no end.
    until      text,
    members    integer not null,
    -- Ids that were sent with the list and belong to no member. They are not stored.
    unknown    integer not null,
    created_at integer not null,
    -- When the list was deleted. It can be restored for some minutes, then it is removed.
    deleted_at integer
) strict, without rowid;

-- The members of a list, several thousand in a row: a line feed, then the ids in ascending order, each with a line feed after
-- it. One row a member would take ten times as long to read.
create table exclusion_list_ids (
    list_id text not null references exclusion_lists (id) on delete cascade,
    number  integer not null,
    ids     text not null,
    primary key (list_id, number)
) strict;

-- Which hold-out a member of the arm hold_out is in: that of the list, or a standing one of a topic or of all items. Null in
-- the arm push, and in lists that were frozen before there were standing hold-outs.
alter table push_list_members add column hold_out text check (hold_out in ('list', 'topic', 'global'));

create trigger push_list_members_hold_out_is_frozen
before update of hold_out on push_list_members
begin select raise(abort, 'a push list is frozen when it is created'); end;
