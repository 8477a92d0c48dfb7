-- Variants of push lists. What they are, their shares and the SHA-256 of who is in which are part of push_lists.frozen.

-- Name of the variant of a member of either arm. Null in a list without variants.
alter table push_list_members add column variant text;

create trigger push_list_members_variant_is_frozen
before update of variant on push_list_members
begin select raise(abort, 'a push list is frozen when it is created'); end;

-- A batch has members of one variant, and its message. Both are null in a list without variants.
alter table push_list_batches add column variant text;
alter table push_list_batches add column message text;
