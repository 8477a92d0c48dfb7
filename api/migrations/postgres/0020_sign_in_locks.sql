-- Instants are seconds since 1970 in UTC.

-- Where an act came from: an IP address, or `local` for a program on this machine. Null in entries of earlier versions,
-- whose hashes do not cover it.
alter table audit add column source text collate "C";

-- Failed sign-ins are counted in memory; only locks are kept. An empty name or address stands for any.
drop table failed_sign_ins;

create table sign_in_locks (
    name    text collate "C" not null,
    address text collate "C" not null,
    until   bigint not null,
    primary key (name, address)
);

-- A running service polls these counters, so that a write to one group of tables reloads that group alone.
create table change_counters (
    what    text collate "C" primary key,
    version bigint not null
);

insert into change_counters (what, version) values ('keys', 0), ('rights', 0), ('sign_in_locks', 0);

create trigger api_keys_counts_insert after insert on api_keys for each row execute function count_change('keys');
create trigger api_keys_counts_update after update on api_keys for each row execute function count_change('keys');
create trigger api_keys_counts_delete after delete on api_keys for each row execute function count_change('keys');
create trigger member_switches_counts_insert after insert on member_switches for each row execute function count_change('rights');
create trigger member_switches_counts_update after update on member_switches for each row execute function count_change('rights');
create trigger member_switches_counts_delete after delete on member_switches for each row execute function count_change('rights');
create trigger deleted_topics_counts_insert after insert on deleted_topics for each row execute function count_change('rights');
create trigger deleted_topics_counts_update after update on deleted_topics for each row execute function count_change('rights');
create trigger deleted_topics_counts_delete after delete on deleted_topics for each row execute function count_change('rights');
create trigger erasures_counts_insert after insert on erasures for each row execute function count_change('rights');
create trigger erasures_counts_update after update on erasures for each row execute function count_change('rights');
create trigger erasures_counts_delete after delete on erasures for each row execute function count_change('rights');
create trigger erasure_openids_counts_insert after insert on erasure_openids for each row execute function count_change('rights');
create trigger erasure_openids_counts_update after update on erasure_openids for each row execute function count_change('rights');
create trigger erasure_openids_counts_delete after delete on erasure_openids for each row execute function count_change('rights');
create trigger forgotten_counts_insert after insert on forgotten for each row execute function count_change('rights');
create trigger forgotten_counts_update after update on forgotten for each row execute function count_change('rights');
create trigger forgotten_counts_delete after delete on forgotten for each row execute function count_change('rights');
create trigger sign_in_locks_counts_insert after insert on sign_in_locks for each row execute function count_change('sign_in_locks');
create trigger sign_in_locks_counts_update after update on sign_in_locks for each row execute function count_change('sign_in_locks');
create trigger sign_in_locks_counts_delete after delete on sign_in_locks for each row execute function count_change('sign_in_locks');
