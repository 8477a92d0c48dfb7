-- Up to which number events have left the inbox. In an inbox of an earlier version: everything before the first that is there.
alter table inbox add column removed integer not null default 0;
update inbox set removed = min(drained, coalesce((select min(sequence) - 1 from events), drained));
