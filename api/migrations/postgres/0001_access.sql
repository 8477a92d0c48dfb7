-- Instants are seconds since 1970 in UTC. Texts are compared by their bytes, as in SQLite.

-- The functions of SQLite that statements of both databases call.
create function instr(body text, part text) returns integer
language sql immutable parallel safe as 'select strpos(body, part)';

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%', tg_argv[0];
end $$;

create function count_change() returns trigger language plpgsql as $$
begin
    update change_counters set version = version + 1 where what = tg_argv[0];
    return null;
end $$;

-- The highest number of each table with numbered rows, which stays when rows are deleted. SQLite keeps it on its own.
create table last_numbers (
    name   text collate "C" primary key,
    number bigint not null
);

create function note_last_number() returns trigger language plpgsql as $$
begin
    update last_numbers set number = greatest(number, new.seq) where name = tg_table_name;
    return null;
end $$;

create table api_keys (
    id            text collate "C" primary key,
    name          text collate "C" not null,
    role          text collate "C" not null check (role in ('backend', 'staff', 'leader', 'admin')),
    -- The secret has 256 bits from the system's generator, so one fast hash is enough and nothing can be guessed from it.
    secret_sha256 bytea not null check (length(secret_sha256) = 32),
    created_at    bigint not null,
    revoked_at    bigint
);

create table users (
    name          text collate "C" primary key,
    role          text collate "C" not null check (role in ('staff', 'leader', 'admin')),
    password_hash text collate "C" not null,
    created_at    bigint not null
);

create table sessions (
    token_sha256 bytea primary key check (length(token_sha256) = 32),
    user_name    text collate "C" not null references users (name) on delete cascade,
    created_at   bigint not null,
    last_seen_at bigint not null,
    expires_at   bigint not null
);

create index sessions_by_expiry on sessions (expires_at);

-- Kept by the name that was typed, known or not, so that an answer does not tell which names exist.
create table failed_sign_ins (
    name         text collate "C" primary key,
    failures     bigint not null,
    last_at      bigint not null,
    locked_until bigint not null
);
