-- Instants are seconds since 1970 in UTC.
create table api_keys (
    id            text primary key,
    name          text not null,
    role          text not null check (role in ('backend', 'staff', 'leader', 'admin')),
    -- The secret has 256 bits from the system's generator, so one fast hash is enough and nothing can be guessed from it.
    secret_sha256 blob not null check (length(secret_sha256) = 32),
    created_at    integer not null,
    revoked_at    integer
) strict;

create table users (
    name          text primary key,
    role          text not null check (role in ('staff', 'leader', 'admin')),
    password_hash text not null,
    created_at    integer not null
) strict;

create table sessions (
    token_sha256 blob primary key check (length(token_sha256) = 32),
    user_name    text not null references users (name) on delete cascade,
    created_at   integer not null,
    last_seen_at integer not null,
    expires_at   integer not null
) strict, without rowid;

create index sessions_by_expiry on sessions (expires_at);

-- Kept by the name that was typed, known or not, so that an answer does not tell which names exist.
create table failed_sign_ins (
    name         text primary key,
    failures     integer not null,
    last_at      integer not null,
    locked_until integer not null
) strict, without rowid;
