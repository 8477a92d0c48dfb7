//! The table of links to reports. Every creation, use and revocation is in the audit log.

use serde_json::json;

use super::record::{LinkOwner, ReportLink, SharedReport};
use crate::auth::secret::{Digest32, Secret, digest};
use crate::store::audit::{NewAuditEntry, append_in};
use crate::store::audit_action::AuditAction;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::keys::role_in;
use crate::store::sql::{self, Pool, Row};

/// How long an ended link is kept, so that its address says that it has ended.
const KEPT_SECONDS: i64 = 365 * 86_400;
/// Maximum number of links in a list.
const MAX_LISTED: i64 = 500;

/// The links of a home.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReportLinks<'a> {
    pool: &'a Pool,
}

/// A link to create.
pub(crate) struct NewReportLink {
    pub(crate) owner_since: i64,
    pub(crate) label: String,
    pub(crate) shows: SharedReport,
    pub(crate) valid_days: i64,
}

impl<'a> ReportLinks<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    /// Creates a link of the actor of `entry` and returns its secret.
    pub(crate) async fn create(&self, link: &NewReportLink, entry: &NewAuditEntry<'_>) -> Result<Secret, StoreError> {
        let id = format!("rl_{}", uuid::Uuid::new_v4().simple());
        let secret = Secret::generate().ok_or(StoreError::NoRandomness)?;
        let SharedReport { report, from, to, filters } = &link.shows;
        let expires_at = entry.at + link.valid_days * 86_400;
        let mut transaction = self.pool.begin_write().await?;
        sql::query("delete from report_links where expires_at < $1")
            .bind(entry.at - KEPT_SECONDS)
            .execute(&mut *transaction)
            .await?;
        sql::query(
            "insert into report_links (id, token_sha256, owner, owner_since, report, label, period_from, period_to, filters, \
             created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&id)
        .bind(digest(secret.reveal()).as_bytes())
        .bind(entry.actor)
        .bind(link.owner_since)
        .bind(report)
        .bind(&link.label)
        .bind(from)
        .bind(to)
        .bind(serde_json::to_string(filters).map_err(StoreError::damaged)?)
        .bind(entry.at)
        .bind(expires_at)
        .execute(&mut *transaction)
        .await?;
        let detail = json!({ "link": id, "report": report, "from": from, "to": to, "filters": filters,
            "valid_days": link.valid_days });
        let entry = NewAuditEntry { action: AuditAction::ReportLinkCreated, detail, ..entry.clone() };
        append_in(&mut transaction, &entry).await?;
        transaction.commit().await?;
        Ok(secret)
    }

    /// The link of this secret. The look-up by hash reveals nothing about valid secrets through its timing.
    pub(crate) async fn find(&self, secret: &str) -> Result<Option<ReportLink>, StoreError> {
        let hash: Digest32 = digest(secret);
        let found = sql::query("select * from report_links where token_sha256 = $1")
            .bind(hash.as_bytes())
            .fetch_optional(self.pool)
            .await?;
        found.as_ref().map(read).transpose()
    }

    /// The links of an owner, or of all, newest first.
    pub(crate) async fn list(&self, owner: Option<&str>) -> Result<Vec<ReportLink>, StoreError> {
        let sql = "select * from report_links where $1 is null or owner = $1 order by created_at desc, id limit $2";
        let rows = sql::query(sql).bind(owner).bind(MAX_LISTED).fetch_all(self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// Number of links of an owner that are valid at `now`.
    pub(crate) async fn count_valid(&self, owner: &str, now: i64) -> Result<i64, StoreError> {
        let sql = "select count(*) from report_links where owner = $1 and revoked_at is null and expires_at > $2";
        Ok(sql::query_scalar(sql).bind(owner).bind(now).fetch_one(self.pool).await?)
    }

    /// Counts a use. The audit entry names the link as the actor.
    pub(crate) async fn record_use(
        &self,
        link: &ReportLink,
        page: &str,
        source: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let actor = format!("link {}", link.id);
        let entry = NewAuditEntry {
            at: now,
            actor: &actor,
            role: None,
            source,
            action: AuditAction::ReportLinkUsed,
            member_id: None,
            detail: json!({ "link": link.id, "owner": link.owner, "page": page }),
        };
        let mut transaction = self.pool.begin_write().await?;
        sql::query("update report_links set uses = uses + 1, last_used_at = $1 where id = $2")
            .bind(now)
            .bind(&link.id)
            .execute(&mut *transaction)
            .await?;
        append_in(&mut transaction, &entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Revokes a link of `owner`, or of anybody without one. Returns whether there is such a link. A link that is revoked
    /// already stays as it is.
    pub(crate) async fn revoke(
        &self,
        id: &str,
        owner: Option<&str>,
        why: &str,
        entry: &NewAuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let found: Option<Option<i64>> =
            sql::query_scalar("select revoked_at from report_links where id = $1 and ($2 is null or owner = $2)")
                .bind(id)
                .bind(owner)
                .fetch_optional(&mut *transaction)
                .await?;
        let Some(revoked_at) = found else { return Ok(false) };
        if revoked_at.is_none() {
            sql::query("update report_links set revoked_at = $1 where id = $2")
                .bind(entry.at)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            let detail = json!({ "link": id, "why": why });
            let entry = NewAuditEntry { action: AuditAction::ReportLinkRevoked, detail, ..entry.clone() };
            append_in(&mut transaction, &entry).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The account or key of this name of the audit log, if it may still be used.
    pub(crate) async fn owner(&self, name: &str) -> Result<Option<LinkOwner>, StoreError> {
        let (sql, name) = match name.split_once(' ') {
            Some(("user", name)) => ("select role, union_id, created_at from users where name = $1", name),
            Some(("key", id)) => {
                ("select role, union_id, created_at from api_keys where id = $1 and revoked_at is null", id)
            }
            _ => return Ok(None),
        };
        let row = sql::query(sql).bind(name).fetch_optional(self.pool).await?;
        row.map(|row| {
            let (union_id, created_at) = (row.try_get("union_id")?, row.try_get("created_at")?);
            Ok(LinkOwner { role: role_in(&row)?, union_id, created_at })
        })
        .transpose()
    }
}

fn read(row: &Row) -> Result<ReportLink, StoreError> {
    let filters: &str = row.try_get("filters")?;
    Ok(ReportLink {
        id: row.try_get("id")?,
        owner: row.try_get("owner")?,
        owner_since: row.try_get("owner_since")?,
        label: row.try_get("label")?,
        shows: SharedReport {
            report: row.try_get("report")?,
            from: row.try_get("period_from")?,
            to: row.try_get("period_to")?,
            filters: serde_json::from_str(filters).map_err(StoreError::damaged)?,
        },
        expires_at: row.try_get("expires_at")?,
        revoked_at: row.try_get("revoked_at")?,
        uses: row.try_get("uses")?,
        last_used_at: row.try_get("last_used_at")?,
    })
}
