-- Instants are seconds since 1970 in UTC.

-- Lists of members whom audiences leave out.
create table exclusion_lists (
    id         text collate "C" primary key,
    name       text collate "C" not null,
    purpose    text collate "C",
    owner      text collate "C" not null,
    -- The union subtree of the owner. Null for an owner who sees all unions.
    union_id   text collate "C",
    -- Whether the list applies to every audience, or only where it is chosen.
    always     bigint not null check (always in (0, 1)),
    -- The last day on which it applies, such as 2027-03-31. Null for no end.
    until      text collate "C",
    members    bigint not null,
    -- Ids that were sent with the list and belong to no member. They are not stored.
    unknown    bigint not null,
    created_at bigint not null,
    -- When the list was deleted. It can be restored for some minutes, then it is removed.
    deleted_at bigint
);

-- The members of a list, several thousand in a row: a line feed, then the ids in ascending order, each with a line feed after
-- it. One row a member would take ten times as long to read.
create table exclusion_list_ids (
    list_id text collate "C" not null references exclusion_lists (id) on delete cascade,
    number  bigint not null,
    ids     text collate "C" not null,
    primary key (list_id, number)
);

-- Which hold-out a member of the arm hold_out is in: that of the list, or a standing one of a topic or of all items. Null in
-- the arm push, and in lists that were frozen before there were standing hold-outs.
alter table push_list_members add column hold_out text collate "C" check (hold_out in ('list', 'topic', 'global'));

create trigger push_list_members_hold_out_is_frozen
before update of hold_out on push_list_members for each row
execute function refuse_change('a push list is frozen when it is created');
