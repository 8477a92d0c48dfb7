-- Instants are seconds since 1970 in UTC.

-- Forms of audiences that are too long for a URL: the form as pairs of names and values, in JSON.
create table audience_drafts (
    id         text collate "C" primary key,
    owner      text collate "C" not null,
    form       text collate "C" not null,
    updated_at bigint not null
);

create index audience_drafts_by_time on audience_drafts (updated_at);

-- When the audience was deleted. It can be restored for some minutes, then it is removed.
alter table audiences add column deleted_at bigint;
