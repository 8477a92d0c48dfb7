-- Push lists that are sent through WeChat. Instants are seconds since 1970 in UTC.

create table push_list_sendings (
    list_id     text collate "C" primary key references push_lists (id),
    -- Address of the interfaces.
    base_url    text collate "C" not null,
    account     text collate "C" not null check (account in ('service', 'subscription')),
    -- What is sent: {"text": …} or {"media_id": …}.
    message     text collate "C" not null,
    started_by  text collate "C" not null,
    started_at  bigint not null,
    finished_at bigint
);

-- One request each.
create table push_list_batches (
    list_id          text collate "C" not null references push_list_sendings (list_id),
    number           bigint not null,
    client_msg_id    text collate "C" not null,
    openids          bigint not null,
    state            text collate "C" not null check (state in ('waiting', 'sending', 'submitted', 'refused', 'empty')),
    -- When the request was sent first. WeChat recognises a repeated one for 24 hours.
    first_attempt_at bigint,
    submitted_at     bigint,
    msg_id           bigint,
    msg_data_id      bigint,
    -- Why WeChat refused the request.
    error            text collate "C",
    primary key (list_id, number)
);

-- WeChat's results: its word, and its counts, which only a callback brings. A result may come before the answer to the
-- request, so that no batch has its msg_id yet.
create table wechat_results (
    msg_id       bigint primary key,
    result       text collate "C" not null,
    total_count  bigint,
    filter_count bigint,
    sent_count   bigint,
    error_count  bigint
);

-- The batch of a member of the arm push. Null until the sending begins, and for the hold-out.
alter table push_list_members add column batch bigint;
