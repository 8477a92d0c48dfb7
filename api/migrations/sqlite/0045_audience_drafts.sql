-- Instants are seconds since 1970 in UTC.

-- Forms of audiences that are too long for a URL: the form as pairs of names and values, in JSON.
create table audience_drafts (
    id         text primary key,
    owner      text not null,
    form       text not null,
    updated_at integer not null
) strict, without rowid;

create index audience_drafts_by_time on audience_drafts (updated_at);

-- When the audience was deleted. It can be restored for some minutes, then it is removed.
alter table audiences add column deleted_at integer;
