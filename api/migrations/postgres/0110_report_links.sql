-- Instants are seconds since 1970 in UTC.

-- Links that show a report with fixed filters to whoever has them. The secret of a link is never stored.
create table report_links (
    id           text collate "C" primary key,
    token_sha256 bytea not null unique check (length(token_sha256) = 32),
    -- `user NAME` or `key ID`, and when that account or key was created: a later one of the same name has no part in the link.
    owner        text collate "C" not null,
    owner_since  bigint not null,
    report       text collate "C" not null,
    label        text collate "C" not null,
    -- The period, RFC 3339, and the filters as the report names them, in JSON.
    period_from  text collate "C" not null,
    period_to    text collate "C" not null,
    filters      text collate "C" not null,
    created_at   bigint not null,
    -- At most 90 days.
    expires_at   bigint not null check (expires_at > created_at and expires_at <= created_at + 7776000),
    revoked_at   bigint,
    uses         bigint not null default 0,
    last_used_at bigint
);

create index report_links_by_owner on report_links (owner, created_at);

create trigger report_links_stay_as_they_are
before update of
    id, token_sha256, owner, owner_since, report, label, period_from, period_to, filters,
    created_at, expires_at
on report_links for each row
execute function refuse_change('a link to a report can only be used and revoked');

create trigger report_links_stay_revoked
before update of revoked_at on report_links for each row
when (old.revoked_at is not null)
execute function refuse_change('a link to a report is revoked for good');
