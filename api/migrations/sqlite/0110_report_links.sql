-- Instants are seconds since 1970 in UTC.

-- Links that show a report with fixed filters to whoever has them. The secret of a link is never stored.
create table report_links (
    id           text primary key,
    token_sha256 blob not null unique check (length(token_sha256) = 32),
    -- `user NAME` or `key ID`, and when that account or key was created: a later one of the same name has no part in the link.
    owner        text not null,
    owner_since  integer not null,
    report       text not null,
    label        text not null,
    -- The period, RFC 3339, and the filters as the report names them, in JSON.
    period_from  text not null,
    period_to    text not null,
    filters      text not null,
    created_at   integer not null,
    -- At most 90 days.
    expires_at   integer not null check (expires_at > created_at and expires_at <= created_at + 7776000),
    revoked_at   integer,
    uses         integer not null default 0,
    last_used_at integer
) strict;

create index report_links_by_owner on report_links (owner, created_at);

create trigger report_links_stay_as_they_are
before update of id, token_sha256, owner, owner_since, report, label, period_from, period_to, filters, created_at, expires_at
on report_links
begin select raise(abort, 'a link to a report can only be used and revoked'); end;

create trigger report_links_stay_revoked before update of revoked_at on report_links when old.revoked_at is not null
begin select raise(abort, 'a link to a report is revoked for good'); end;
