//! The audit log: append-only, each entry chained to the one before by its hash.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use zhihui_data::ErasedIds;

use super::rights::salt;
use super::{Deed, StoreError};
use crate::access::{Role, Secret};

/// Hash before the first entry.
const GENESIS: [u8; 32] = [0; 32];
/// The source of what the command line and the service itself do.
pub const LOCAL: &str = "local";
/// Letters of a member's pseudonym.
const PSEUDONYM: usize = 32;

/// The audit log of a home.
#[derive(Debug)]
pub struct Audit<'a> {
    pub(super) pool: &'a SqlitePool,
}

/// One deed to be written down. Names of members, openids and birth dates do not belong into `detail`.
#[derive(Debug, Clone)]
pub struct Note<'a> {
    /// When, seconds since 1970 in UTC.
    pub at: i64,
    /// Who: `user NAME`, `key ID`, `command line`, `service`.
    pub actor: &'a str,
    /// The role in which it was done, where there was one.
    pub role: Option<Role>,
    /// Where the request came from: an IP address, or [`LOCAL`] for a program on this machine.
    pub source: &'a str,
    /// What.
    pub deed: Deed,
    /// The member whom it was about; kept as a pseudonym.
    pub member_id: Option<&'a str>,
    /// What else belongs to it, a JSON object.
    pub detail: Value,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Number of the entry, from 1.
    pub seq: i64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who did it.
    pub actor: String,
    /// In which role; null where there was none.
    pub role: Option<String>,
    /// From which IP address, `local` for a program on this machine; null in entries of earlier versions.
    pub source: Option<String>,
    /// What was done.
    pub action: String,
    /// The member, by pseudonym; null where no member was meant.
    pub member: Option<String>,
    /// Whose pseudonym that is; null once the member was erased.
    pub member_id: Option<String>,
    /// What else belongs to it.
    pub detail: Value,
    /// Hash of this entry and, through it, of all before.
    pub hash: String,
}

/// An unbroken log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditHead {
    /// Number of entries.
    pub entries: i64,
    /// Hash of the last one; note it elsewhere and give it to `audit verify --head`, then nobody can rewrite the log unseen.
    pub head: String,
}

impl Audit<'_> {
    /// Writes a deed down, durably.
    ///
    /// # Errors
    /// [`StoreError::Database`]; what was to be written down should then not be done.
    pub async fn append(&self, note: &Note<'_>) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        append_in(&mut transaction, note).await?;
        Ok(transaction.commit().await?)
    }

    /// The latest entries, newest first; of one member where one is named.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn list(&self, limit: u32, member_id: Option<&str>) -> Result<Vec<AuditEntry>, StoreError> {
        let sql = "select audit.*, member_id from audit left join member_pseudonyms on member = pseudonym \
                   where ?1 is null or member_id = ?1 order by seq desc limit ?2";
        let rows = sqlx::query(sql).bind(member_id).bind(limit).fetch_all(self.pool).await?;
        rows.iter().map(entry).collect()
    }

    /// Records the SHA-256 of a home's settings, unless the last entry about them has the same one.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_configuration(&self, settings: &[u8], actor: &str, at: i64) -> Result<(), StoreError> {
        let sha256 = hex::encode(Sha256::digest(settings));
        let deed = Deed::ConfigurationChanged;
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let last = sqlx::query_scalar("select detail from audit where action = ? order by seq desc limit 1");
        let last: Option<String> = last.bind(deed.as_str()).fetch_optional(&mut *transaction).await?;
        let known = last.and_then(|detail| serde_json::from_str::<Value>(&detail).ok());
        let before = known.as_ref().and_then(|detail| detail["sha256"].as_str());
        if before == Some(sha256.as_str()) {
            return Ok(());
        }
        let detail = serde_json::json!({ "sha256": sha256, "before": before });
        let note = Note { at, actor, role: None, source: LOCAL, deed, member_id: None, detail };
        append_in(&mut transaction, &note).await?;
        Ok(transaction.commit().await?)
    }

    /// Walks the whole chain. `head` is a number of entries and the hash of the last of them, noted earlier.
    ///
    /// # Errors
    /// [`StoreError::AuditBroken`] at the first entry that is not what was written.
    pub async fn verify(&self, head: Option<(i64, &str)>) -> Result<AuditHead, StoreError> {
        use futures::TryStreamExt as _;

        let broken = |seq: i64, what: &'static str| StoreError::AuditBroken { seq, what };
        let mut rows = sqlx::query("select * from audit order by seq").fetch(self.pool);
        let (mut entries, mut last) = (0, GENESIS.to_vec());
        while let Some(row) = rows.try_next().await? {
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
            if let Some((noted, text)) = head
                && noted == seq
                && !text.eq_ignore_ascii_case(&hex::encode(&last))
            {
                return Err(broken(seq, "is another than the one noted"));
            }
        }
        drop(rows);
        let counted: Option<i64> = sqlx::query_scalar("select seq from sqlite_sequence where name = 'audit'")
            .fetch_optional(self.pool)
            .await?;
        let expected = counted.unwrap_or(0).max(head.map_or(0, |(noted, _)| noted));
        if expected > entries {
            return Err(broken(entries + 1, "is missing"));
        }
        Ok(AuditHead { entries, head: hex::encode(last) })
    }
}

/// Writes a deed down as part of a transaction that has begun to write.
pub(super) async fn append_in(connection: &mut SqliteConnection, note: &Note<'_>) -> Result<(), StoreError> {
    let member = match note.member_id {
        Some(id) => Some(pseudonym(connection, id).await?),
        None => None,
    };
    let last = sqlx::query("select seq, hash from audit order by seq desc limit 1");
    let (seq, previous) = match last.fetch_optional(&mut *connection).await? {
        Some(row) => (row.try_get::<i64, _>("seq")? + 1, row.try_get::<Vec<u8>, _>("hash")?),
        None => (1, GENESIS.to_vec()),
    };
    let detail = note.detail.to_string();
    let parts = Parts {
        seq,
        at: note.at,
        actor: note.actor.to_owned(),
        role: note.role.map(|role| role.as_str().to_owned()),
        action: note.deed.as_str().to_owned(),
        member,
        detail: &detail,
        source: Some(note.source.to_owned()),
    };
    let hash = parts.hash(&previous);
    sqlx::query(
        "insert into audit (seq, at, actor, role, action, member, detail, source, previous, hash) \
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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

/// The pseudonym of a member, drawn where there is none yet; of an erased one the salted hash, so that no id comes back.
async fn pseudonym(connection: &mut SqliteConnection, member_id: &str) -> Result<String, StoreError> {
    let hash = ErasedIds::hash_of_member(&salt(connection).await?, member_id);
    let erased: Option<i64> = sqlx::query_scalar("select 1 from forgotten where hash = ?")
        .bind(&hash[..])
        .fetch_optional(&mut *connection)
        .await?;
    if erased.is_some() {
        return Ok(hex::encode(&hash[..PSEUDONYM / 2]));
    }
    let drawn = Secret::generate().ok_or(StoreError::NoRandomness)?;
    let short = drawn.reveal().get(..PSEUDONYM).unwrap_or_default();
    sqlx::query(
        "insert into member_pseudonyms (member_id, pseudonym) values (?, ?) on conflict (member_id) do nothing",
    )
    .bind(member_id)
    .bind(short)
    .execute(&mut *connection)
    .await?;
    let found = sqlx::query_scalar("select pseudonym from member_pseudonyms where member_id = ?").bind(member_id);
    Ok(found.fetch_one(connection).await?)
}

/// What a hash covers.
struct Parts<'a> {
    seq: i64,
    at: i64,
    actor: String,
    role: Option<String>,
    action: String,
    member: Option<String>,
    detail: &'a str,
    /// Null in entries of versions that did not record it; their hash covers seven fields instead of eight.
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

fn entry(row: &SqliteRow) -> Result<AuditEntry, StoreError> {
    let at = chrono::DateTime::from_timestamp(row.try_get("at")?, 0).unwrap_or_default();
    let (detail, hash): (String, Vec<u8>) = (row.try_get("detail")?, row.try_get("hash")?);
    Ok(AuditEntry {
        seq: row.try_get("seq")?,
        at: at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
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
