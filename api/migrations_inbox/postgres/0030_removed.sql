-- Up to which number events have left the inbox.
alter table inbox add column removed bigint not null default 0;
