-- Push lists that are sent through WeChat. Instants are seconds since 1970 in UTC.

create table push_list_sendings (
    list_id     text primary key references push_lists (id),
    -- Address of the interfaces.
    base_url    text not null,
    account     text not null check (account in ('service', 'subscription')),
    -- What is sent: {"text": …} or {"media_id": …}.
    message     text not null,
    started_by  text not null,
    started_at  integer not null,
    finished_at integer
) strict, without rowid;

-- One request each.
create table push_list_batches (
    list_id          text not null references push_list_sendings (list_id),
    number           integer not null,
    client_msg_id    text not null,
    openids          integer not null,
    state            text not null check (state in ('waiting', 'sending', 'submitted', 'refused', 'empty')),
    -- When the request was sent first. WeChat recognises a repeated one for 24 hours.
    first_attempt_at integer,
    submitted_at     integer,
    msg_id           integer,
    msg_data_id      integer,
    -- Why WeChat refused the request.
    error            text,
    primary key (list_id, number)
) strict, without rowid;

-- WeChat's results: its word, and its counts, which only a callback brings. A result may come before the answer to the
-- request, so that no batch has its msg_id yet.
create table wechat_results (
    msg_id       integer primary key,
    result       text not null,
    total_count  integer,
    filter_count integer,
    sent_count   integer,
    error_count  integer
) strict;

-- The batch of a member of the arm push. Null until the sending begins, and for the hold-out.
alter table push_list_members add column batch integer;
