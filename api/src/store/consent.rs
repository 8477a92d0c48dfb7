//! What members asked for about themselves, and who may not come back.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use zhihui_data::Forgotten;
use zhihui_engine::overlay::{DeletedTopic, ForgottenMember, Switch, Wishes};

use super::audit::{Note, append_in};
use super::{Store, StoreError, traces};
use crate::access::Secret;
use crate::inbox::Inbox;

/// The members' rights in a home.
#[derive(Debug)]
pub struct Rights<'a> {
    pub(super) pool: &'a SqlitePool,
}

/// A member whose erasure was asked for and is not done on the disk yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The member.
    pub member_id: String,
    /// The member's `WeChat` ids, as far as they are known.
    pub openids: Vec<String>,
    /// When it was asked for, seconds since 1970 in UTC.
    pub asked_at: i64,
    /// When the member's rows had left the lake's tables; `None` while they are there.
    pub lake_at: Option<i64>,
}

impl Rights<'_> {
    /// Writes down a member's word on personalised lists. The word that comes last stands, whatever the clocks say.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is written then.
    pub async fn set_personalised(&self, member_id: &str, allowed: bool, note: &Note<'_>) -> Result<(), StoreError> {
        self.switch(member_id, allowed, None, note).await
    }

    /// The same in a home with an event inbox: events that the inbox holds already came before, whatever time they give.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is written then.
    pub async fn set_personalised_after(
        &self,
        inbox: &Inbox,
        member_id: &str,
        allowed: bool,
        note: &Note<'_>,
    ) -> Result<(), StoreError> {
        self.switch(member_id, allowed, Some((inbox.id(), inbox.last().await?)), note).await
    }

    async fn switch(
        &self,
        member_id: &str,
        allowed: bool,
        after: Option<(&str, u64)>,
        note: &Note<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let sql = "insert into member_switches (member_id, personalised, at, after_inbox, after_sequence) \
                   values (?1, ?2, ?3, ?4, ?5) on conflict (member_id) \
                   do update set personalised = ?2, at = max(at, ?3), after_inbox = ?4, after_sequence = ?5";
        sqlx::query(sql)
            .bind(member_id)
            .bind(allowed)
            .bind(note.at)
            .bind(after.map(|(inbox, _)| inbox))
            .bind(after.map(|(_, sequence)| i64::try_from(sequence).unwrap_or(i64::MAX)))
            .execute(&mut *transaction)
            .await?;
        append_in(&mut transaction, note).await?;
        Ok(transaction.commit().await?)
    }

    /// Deletes a topic from what is held of a member: what was read of it until now counts no more.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is written then.
    pub async fn delete_topic(&self, member_id: &str, topic: &str, note: &Note<'_>) -> Result<(), StoreError> {
        self.delete_topic_until(member_id, topic, note.at, note).await
    }

    /// The same in a home with an event inbox: what the inbox holds of the member came before, even where it is dated ahead.
    /// `openids` are the member's `WeChat` ids.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is written then.
    pub async fn delete_topic_beside(
        &self,
        inbox: &Inbox,
        (member_id, openids): (&str, &[String]),
        topic: &str,
        note: &Note<'_>,
    ) -> Result<(), StoreError> {
        let latest = inbox.latest_of(member_id, openids).await?;
        let until = latest.map_or(note.at, |latest| latest.max(note.at));
        self.delete_topic_until(member_id, topic, until, note).await
    }

    async fn delete_topic_until(
        &self,
        member_id: &str,
        topic: &str,
        until: i64,
        note: &Note<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let sql = "insert into deleted_topics (member_id, topic, at) values (?1, ?2, ?3) \
                   on conflict (member_id, topic) do update set at = max(at, ?3)";
        sqlx::query(sql).bind(member_id).bind(topic).bind(until).execute(&mut *transaction).await?;
        append_in(&mut transaction, note).await?;
        Ok(transaction.commit().await?)
    }

    /// Takes a member out of answers at once and for good, and removes every trace from this database but the erasure
    /// itself, which stays until the last file without the member is written.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is erased then.
    pub async fn forget(&self, member_id: &str, openids: &[String], note: &Note<'_>) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        append_in(&mut transaction, note).await?;
        let salt = salt(&mut transaction).await?;
        sqlx::query("insert into erasures (member_id, asked_at) values (?, ?) on conflict (member_id) do update set lake_at = null")
            .bind(member_id)
            .bind(note.at)
            .execute(&mut *transaction)
            .await?;
        keep_hash(&mut transaction, &Forgotten::hash_of_member(&salt, member_id), note.at).await?;
        add_openids(&mut transaction, &salt, member_id, openids, note.at).await?;
        traces::delete(&mut transaction, member_id, openids).await?;
        Ok(transaction.commit().await?)
    }

    /// Adds `WeChat` ids of a member who is being erased, as they are found in files.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is added then.
    pub async fn add_openids(&self, member_id: &str, openids: &[String], now: i64) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let salt = salt(&mut transaction).await?;
        add_openids(&mut transaction, &salt, member_id, openids, now).await?;
        traces::delete(&mut transaction, member_id, openids).await?;
        Ok(transaction.commit().await?)
    }

    /// The erasures that are not done on the disk yet, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn erasures(&self) -> Result<Vec<Erasure>, StoreError> {
        let rows = sqlx::query("select * from erasures order by asked_at, member_id").fetch_all(self.pool).await?;
        let mut found = Vec::new();
        for row in rows {
            let member_id: String = row.try_get("member_id")?;
            let openids = sqlx::query_scalar("select openid from erasure_openids where member_id = ? order by openid")
                .bind(&member_id)
                .fetch_all(self.pool)
                .await?;
            let (asked_at, lake_at) = (row.try_get("asked_at")?, row.try_get("lake_at")?);
            found.push(Erasure { member_id, openids, asked_at, lake_at });
        }
        Ok(found)
    }

    /// Notes that a member's rows left the lake's tables.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_lake_erased(&self, member_id: &str, now: i64) -> Result<(), StoreError> {
        sqlx::query("update erasures set lake_at = ? where member_id = ?")
            .bind(now)
            .bind(member_id)
            .execute(self.pool)
            .await?;
        Ok(())
    }

    /// Ends erasures: these members' ids leave the database too, and freed pages are overwritten. Only hashes stay.
    ///
    /// # Errors
    /// [`StoreError::Database`], also where another connection keeps the old pages from being given up; run it again.
    pub async fn finish_erasures(&self, done: &[Erasure]) -> Result<(), StoreError> {
        if done.is_empty() {
            return Ok(());
        }
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        for erasure in done {
            traces::delete(&mut transaction, &erasure.member_id, &erasure.openids).await?;
            sqlx::query("delete from erasures where member_id = ?")
                .bind(&erasure.member_id)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        traces::give_up_pages(self.pool).await
    }

    /// Everything that members asked for. Without an event inbox, switches are ordered by time.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn wishes(&self) -> Result<Wishes, StoreError> {
        self.wishes_beside("").await
    }

    /// The same beside the events of the inbox with this id: switches are ordered with them by receipt.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn wishes_beside(&self, inbox: &str) -> Result<Wishes, StoreError> {
        let mut wishes = Wishes::default();
        for row in sqlx::query("select * from member_switches").fetch_all(self.pool).await? {
            let switch = Switch { allowed: row.try_get("personalised")?, at: row.try_get("at")? };
            let member: String = row.try_get("member_id")?;
            let after: (Option<String>, Option<i64>) = (row.try_get("after_inbox")?, row.try_get("after_sequence")?);
            if let (Some(of), Some(sequence)) = after {
                // Everything in an inbox that replaced another came later than what was said beside that one.
                let after = if of == inbox { sequence.unsigned_abs() } else { 0 };
                wishes.switched_after.insert(member.clone(), after);
            }
            wishes.personalised.insert(member, switch);
        }
        let deleted = "select member_id, topic, at from deleted_topics order by member_id, topic";
        for row in sqlx::query(deleted).fetch_all(self.pool).await? {
            let (member_id, topic) = (row.try_get("member_id")?, row.try_get("topic")?);
            wishes.deleted_topics.push(DeletedTopic { member_id, topic, at: row.try_get("at")? });
        }
        let forgotten = self.erasures().await?.into_iter();
        let forgotten = forgotten.map(|gone| ForgottenMember { member_id: gone.member_id, openids: gone.openids });
        wishes.forgotten = forgotten.collect();
        Ok(wishes)
    }

    /// Who was erased and may not come back.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forgotten(&self) -> Result<Forgotten, StoreError> {
        let salt: Option<Vec<u8>> =
            sqlx::query_scalar("select salt from forgotten_salt").fetch_optional(self.pool).await?;
        let hashes: Vec<Vec<u8>> = sqlx::query_scalar("select hash from forgotten").fetch_all(self.pool).await?;
        Ok(Forgotten::new(salt.unwrap_or_default(), hashes.into_iter().filter_map(|hash| hash.try_into().ok())))
    }

    /// Adds the hashes of another database of the same home, as it was before a restore.
    ///
    /// # Errors
    /// [`StoreError::Database`]; [`StoreError::OtherSalt`] for a database of another home.
    pub async fn take_over_forgotten(&self, other: &Store) -> Result<(), StoreError> {
        let theirs: Option<Vec<u8>> =
            sqlx::query_scalar("select salt from forgotten_salt").fetch_optional(&other.pool).await?;
        let Some(theirs) = theirs else { return Ok(()) };
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        sqlx::query("insert into forgotten_salt (only, salt) values (1, ?) on conflict do nothing")
            .bind(&theirs)
            .execute(&mut *transaction)
            .await?;
        if salt(&mut transaction).await? != theirs {
            return Err(StoreError::OtherSalt);
        }
        for row in sqlx::query("select hash, at from forgotten").fetch_all(&other.pool).await? {
            let (hash, at): (Vec<u8>, i64) = (row.try_get("hash")?, row.try_get("at")?);
            keep_hash(&mut transaction, &hash, at).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// What this database holds of a member, by table.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn held(&self, member_id: &str, openids: &[String]) -> Result<traces::Held, StoreError> {
        traces::held(self.pool, member_id, openids).await
    }
}

/// The home's salt, drawn where there is none yet.
pub(super) async fn salt(connection: &mut SqliteConnection) -> Result<Vec<u8>, StoreError> {
    let drawn = Secret::generate().and_then(|secret| hex::decode(secret.reveal()).ok());
    sqlx::query("insert into forgotten_salt (only, salt) values (1, ?) on conflict do nothing")
        .bind(drawn.ok_or(StoreError::NoRandomness)?)
        .execute(&mut *connection)
        .await?;
    Ok(sqlx::query_scalar("select salt from forgotten_salt").fetch_one(connection).await?)
}

async fn keep_hash(connection: &mut SqliteConnection, hash: &[u8], at: i64) -> Result<(), StoreError> {
    sqlx::query("insert into forgotten (hash, at) values (?, ?) on conflict do nothing")
        .bind(hash)
        .bind(at)
        .execute(connection)
        .await?;
    Ok(())
}

async fn add_openids(
    connection: &mut SqliteConnection,
    salt: &[u8],
    member_id: &str,
    openids: &[String],
    at: i64,
) -> Result<(), StoreError> {
    for openid in openids.iter().filter(|openid| !openid.is_empty()) {
        sqlx::query("insert into erasure_openids (member_id, openid) values (?, ?) on conflict do nothing")
            .bind(member_id)
            .bind(openid)
            .execute(&mut *connection)
            .await?;
        keep_hash(connection, &Forgotten::hash_of_openid(salt, openid), at).await?;
    }
    Ok(())
}
