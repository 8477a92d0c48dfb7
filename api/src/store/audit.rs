//! The audit log: append-only, with each entry chained to the previous one by its hash.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use zhihui_data::ErasedIds;

use super::audit_action::AuditAction;
use super::error::StoreError;
use super::salt::salt;
use super::sql::tables::last_number;
use super::sql::{self, Connection, Pool, Row};
use crate::auth::role::Role;
use crate::auth::secret::Secret;
use crate::clock;

/// Previous hash of the first entry.
const GENESIS: [u8; 32] = [0; 32];
/// Source of actions of the command line and of the service itself.
pub const LOCAL: &str = "local";
/// Entries that a verification reads at a time.
const VERIFIED_TOGETHER: u32 = 10_000;
/// Length of a pseudonym in hexadecimal digits.
const PSEUDONYM_LENGTH: usize = 32;

/// The audit log of a home.
#[derive(Debug)]
pub struct Audit<'a> {
    pub(crate) pool: &'a Pool,
}

/// An entry to append. `detail` must not contain names of members, openids or birth dates.
#[derive(Debug, Clone)]
pub struct NewAuditEntry<'a> {
    /// Time of the action, seconds since 1970 in UTC.
    pub at: i64,
    /// Who acted: `user NAME`, `key ID`, `command line`, `service`.
    pub actor: &'a str,
    /// Role of the actor, if any.
    pub role: Option<Role>,
    /// IP address of the request, or [`LOCAL`] for a program on this machine.
    pub source: &'a str,
    /// What was done.
    pub action: AuditAction,
    /// The member concerned. Stored as a pseudonym.
    pub member_id: Option<&'a str>,
    /// Further details, a JSON object.
    pub detail: Value,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Number of the entry, from 1.
    pub seq: i64,
    /// Time of the action, RFC 3339 in UTC.
    pub at: String,
    /// Who acted.
    pub actor: String,
    /// Role of the actor; null if there was none.
    pub role: Option<String>,
    /// IP address of the request, or `local` for a program on this machine. Null in entries of earlier versions.
    pub source: Option<String>,
    /// What was done.
    pub action: String,
    /// Pseudonym of the member; null if no member was concerned.
    pub member: Option<String>,
    /// The member of this pseudonym; null once the member was erased.
    pub member_id: Option<String>,
    /// Further details.
    pub detail: Value,
    /// Hash of this entry and, through the chain, of all entries before it.
    pub hash: String,
}

/// The result of a successful verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditHead {
    /// Number of entries.
    pub entries: i64,
    /// Hash of the last entry. Store it elsewhere and pass it to `audit verify --head` to detect a rewritten log.
    pub head: String,
}

impl Audit<'_> {
    /// Appends an entry durably.
    ///
    /// # Errors
    /// [`StoreError::Database`]. The action should not be performed then.
    pub async fn append(&self, entry: &NewAuditEntry<'_>) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        append_in(&mut transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// The latest entries, newest first; only those about `member_id`, if given.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn list(&self, limit: u32, member_id: Option<&str>) -> Result<Vec<AuditEntry>, StoreError> {
        let sql = "select audit.*, member_id from audit left join member_pseudonyms on member = pseudonym \
                   where $1 is null or member_id = $1 order by seq desc limit $2";
        let rows = sql::query(sql).bind(member_id).bind(limit).fetch_all(self.pool).await?;
        rows.iter().map(entry).collect()
    }

    /// Records the SHA-256 of the home's settings if it differs from the last recorded one.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_configuration(&self, settings: &[u8], actor: &str, at: i64) -> Result<(), StoreError> {
        let sha256 = hex::encode(Sha256::digest(settings));
        let action = AuditAction::ConfigurationChanged;
        let mut transaction = self.pool.begin_write().await?;
        let last = sql::query_scalar("select detail from audit where action = $1 order by seq desc limit 1");
        let last: Option<String> = last.bind(action.as_str()).fetch_optional(&mut *transaction).await?;
        let known = last.and_then(|detail| serde_json::from_str::<Value>(&detail).ok());
        let before = known.as_ref().and_then(|detail| detail["sha256"].as_str());
        if before == Some(sha256.as_str()) {
            return Ok(());
        }
        let detail = serde_json::json!({ "sha256": sha256, "before": before });
        let entry = NewAuditEntry { at, actor, role: None, source: LOCAL, action, member_id: None, detail };
        append_in(&mut transaction, &entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Verifies the whole chain. `head` is an earlier number of entries and the hash of the last of them.
    ///
    /// # Errors
    /// [`StoreError::AuditBroken`] at the first entry that was changed or is missing.
    pub async fn verify(&self, head: Option<(i64, &str)>) -> Result<AuditHead, StoreError> {
        let broken = |seq: i64, what: &'static str| StoreError::AuditBroken { seq, what };
        // Read first: entries that are appended meanwhile are not missing.
        let last_seq = last_number(&mut self.pool.acquire().await?, "audit").await?;
        let (mut entries, mut last) = (0, GENESIS.to_vec());
        loop {
            // An entry with a number below 1 does not belong there.
            let after = if entries == 0 { i64::MIN } else { entries };
            let page = "select * from audit where seq > $1 order by seq limit $2";
            let rows = sql::query(page).bind(after).bind(VERIFIED_TOGETHER).fetch_all(self.pool).await?;
            let is_last = rows.len() < VERIFIED_TOGETHER as usize;
            for row in rows {
                let seq: i64 = row.try_get("seq")?;
                if seq != entries + 1 {
                    return Err(broken(entries + 1, "is missing"));
                }
                let (previous, hash): (Vec<u8>, Vec<u8>) = (row.try_get("previous")?, row.try_get("hash")?);
                if previous != last {
                    return Err(broken(seq, "does not follow from the entry before it"));
                }
                let detail: String = row.try_get("detail")?;
                let parts = Parts {
                    seq,
                    at: row.try_get("at")?,
                    actor: row.try_get("actor")?,
                    role: row.try_get("role")?,
                    action: row.try_get("action")?,
                    member: row.try_get("member")?,
                    detail: &detail,
                    source: row.try_get("source")?,
                };
                if parts.hash(&last).as_slice() != hash {
                    return Err(broken(seq, "was changed"));
                }
                (entries, last) = (seq, hash);
                if let Some((expected, text)) = head
                    && expected == seq
                    && !text.eq_ignore_ascii_case(&hex::encode(&last))
                {
                    return Err(broken(seq, "differs from the recorded head"));
                }
            }
            if is_last {
                break;
            }
        }
        let expected = last_seq.max(head.map_or(0, |(expected, _)| expected));
        if expected > entries {
            return Err(broken(entries + 1, "is missing"));
        }
        Ok(AuditHead { entries, head: hex::encode(last) })
    }
}

/// Appends an entry within a write transaction.
pub(crate) async fn append_in(connection: &mut Connection, entry: &NewAuditEntry<'_>) -> Result<(), StoreError> {
    let member = match entry.member_id {
        Some(id) => Some(pseudonym(connection, id).await?),
        None => None,
    };
    let last = sql::query("select seq, hash from audit order by seq desc limit 1");
    let (seq, previous) = match last.fetch_optional(&mut *connection).await? {
        Some(row) => (row.try_get::<i64, _>("seq")? + 1, row.try_get::<Vec<u8>, _>("hash")?),
        None => (1, GENESIS.to_vec()),
    };
    let detail = entry.detail.to_string();
    let parts = Parts {
        seq,
        at: entry.at,
        actor: entry.actor.to_owned(),
        role: entry.role.map(|role| role.as_str().to_owned()),
        action: entry.action.as_str().to_owned(),
        member,
        detail: &detail,
        source: Some(entry.source.to_owned()),
    };
    let hash = parts.hash(&previous);
    sql::query(
        "insert into audit (seq, at, actor, role, action, member, detail, source, previous, hash) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(seq)
    .bind(parts.at)
    .bind(&parts.actor)
    .bind(&parts.role)
    .bind(&parts.action)
    .bind(&parts.member)
    .bind(&detail)
    .bind(&parts.source)
    .bind(previous)
    .bind(&hash[..])
    .execute(connection)
    .await?;
    Ok(())
}

/// The pseudonym of a member, generated on first use. For an erased member it is the salted hash, so that the id is not
/// stored again.
async fn pseudonym(connection: &mut Connection, member_id: &str) -> Result<String, StoreError> {
    let hash = ErasedIds::hash_of_member(&salt(connection).await?, member_id);
    let erased =
        sql::query("select at from forgotten where hash = $1").bind(&hash[..]).fetch_optional(&mut *connection).await?;
    if erased.is_some() {
        return Ok(hex::encode(&hash[..PSEUDONYM_LENGTH / 2]));
    }
    let generated = Secret::generate().ok_or(StoreError::NoRandomness)?;
    let short = generated.reveal().get(..PSEUDONYM_LENGTH).unwrap_or_default();
    sql::query(
        "insert into member_pseudonyms (member_id, pseudonym) values ($1, $2) on conflict (member_id) do nothing",
    )
    .bind(member_id)
    .bind(short)
    .execute(&mut *connection)
    .await?;
    let found = sql::query_scalar("select pseudonym from member_pseudonyms where member_id = $1").bind(member_id);
    Ok(found.fetch_one(connection).await?)
}

/// The fields covered by the hash of an entry.
struct Parts<'a> {
    seq: i64,
    at: i64,
    actor: String,
    role: Option<String>,
    action: String,
    member: Option<String>,
    detail: &'a str,
    /// Null in entries of versions that did not record it. Their hash covers seven fields instead of eight.
    source: Option<String>,
}

impl Parts<'_> {
    fn hash(&self, previous: &[u8]) -> [u8; 32] {
        let Self { seq, at, actor, role, action, member, detail, source } = self;
        let fields = match source {
            None => serde_json::json!([seq, at, actor, role, action, member, detail]),
            Some(source) => serde_json::json!([seq, at, actor, role, action, member, detail, source]),
        };
        let mut hash = Sha256::new();
        hash.update(previous);
        hash.update(fields.to_string().as_bytes());
        hash.finalize().into()
    }
}

fn entry(row: &Row) -> Result<AuditEntry, StoreError> {
    let (detail, hash): (String, Vec<u8>) = (row.try_get("detail")?, row.try_get("hash")?);
    Ok(AuditEntry {
        seq: row.try_get("seq")?,
        at: clock::rfc3339(row.try_get("at")?),
        actor: row.try_get("actor")?,
        role: row.try_get("role")?,
        source: row.try_get("source")?,
        action: row.try_get("action")?,
        member: row.try_get("member")?,
        member_id: row.try_get("member_id")?,
        detail: serde_json::from_str(&detail).unwrap_or(Value::Null),
        hash: hex::encode(hash),
    })
}
