//! Members' consent: the switch for personalised lists, and topics that a member had deleted.

use zhihui_engine::overlay::{Consent, DeletedTopic, ErasedMember, Switch};

use super::audit::{NewAuditEntry, append_in};
use super::erasures::Erasures;
use super::error::StoreError;
use super::inbox::database::Inbox;
use super::sql::{self, Pool};

/// The consent tables of a home.
#[derive(Debug)]
pub struct ConsentStore<'a> {
    pub(crate) pool: &'a Pool,
}

impl ConsentStore<'_> {
    /// Allows or refuses personalised lists for a member. The last call wins, whatever the clocks say.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is written then.
    pub async fn set_personalised(
        &self,
        member_id: &str,
        allowed: bool,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), StoreError> {
        self.switch(member_id, allowed, None, entry).await
    }

    /// Like [`ConsentStore::set_personalised`], in a home with an inbox. Events already in the inbox count as earlier,
    /// whatever time they give.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is written then.
    pub async fn set_personalised_with_inbox(
        &self,
        inbox: &Inbox,
        member_id: &str,
        allowed: bool,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), StoreError> {
        self.switch(member_id, allowed, Some((inbox.id(), inbox.last().await?)), entry).await
    }

    async fn switch(
        &self,
        member_id: &str,
        allowed: bool,
        after: Option<(&str, u64)>,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let sql = "insert into member_switches (member_id, personalised, at, after_inbox, after_sequence) \
                   values ($1, $2, $3, $4, $5) on conflict (member_id) \
                   do update set personalised = $2, \
                   at = case when member_switches.at > $3 then member_switches.at else $3 end, after_inbox = $4, after_sequence = $5";
        sql::query(sql)
            .bind(member_id)
            .bind(allowed)
            .bind(entry.at)
            .bind(after.map(|(inbox, _)| inbox))
            .bind(after.map(|(_, sequence)| i64::try_from(sequence).unwrap_or(i64::MAX)))
            .execute(&mut *transaction)
            .await?;
        append_in(&mut transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Sets whether a member wants to be matched with teams. The last call wins, and takes precedence over every roster.
    /// A refusal ends the member's open invitations.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is written then.
    pub async fn set_team_match(
        &self,
        member_id: &str,
        wanted: bool,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let sql = "insert into team_switches (member_id, team_match, at) values ($1, $2, $3) \
                   on conflict (member_id) do update set team_match = $2, \
                   at = case when team_switches.at > $3 then team_switches.at else $3 end";
        sql::query(sql).bind(member_id).bind(wanted).bind(entry.at).execute(&mut *transaction).await?;
        append_in(&mut transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Deletes a topic of a member: events on it up to now no longer count.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is written then.
    pub async fn delete_topic(
        &self,
        member_id: &str,
        topic: &str,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), StoreError> {
        self.delete_topic_until(member_id, topic, entry.at, entry).await
    }

    /// Like [`ConsentStore::delete_topic`], in a home with an inbox. Events of the member that are already in the inbox
    /// no longer count, even if they are dated in the future. `openids` are those of the member.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is written then.
    pub async fn delete_topic_with_inbox(
        &self,
        inbox: &Inbox,
        (member_id, openids): (&str, &[String]),
        topic: &str,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let latest = inbox.latest_event_of(member_id, openids).await?;
        let until = latest.map_or(entry.at, |latest| latest.max(entry.at));
        self.delete_topic_until(member_id, topic, until, entry).await
    }

    async fn delete_topic_until(
        &self,
        member_id: &str,
        topic: &str,
        until: i64,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let sql = "insert into deleted_topics (member_id, topic, at) values ($1, $2, $3) \
                   on conflict (member_id, topic) do update set \
                   at = case when deleted_topics.at > $3 then deleted_topics.at else $3 end";
        sql::query(sql).bind(member_id).bind(topic).bind(until).execute(&mut *transaction).await?;
        append_in(&mut transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Consent of all members. Without an inbox, switches are ordered by time.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn load(&self) -> Result<Consent, StoreError> {
        self.load_with_inbox("").await
    }

    /// Consent of all members, with switches ordered by receipt among the events of the inbox with this id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn load_with_inbox(&self, inbox: &str) -> Result<Consent, StoreError> {
        let mut consent = Consent::default();
        for row in sql::query("select * from member_switches").fetch_all(self.pool).await? {
            let switch = Switch { allowed: row.try_get("personalised")?, at: row.try_get("at")? };
            let member: String = row.try_get("member_id")?;
            let after: (Option<String>, Option<i64>) = (row.try_get("after_inbox")?, row.try_get("after_sequence")?);
            if let (Some(of), Some(sequence)) = after {
                // All events of an inbox that replaced another one are later than switches set with the old one.
                let after = if of == inbox { sequence.unsigned_abs() } else { 0 };
                consent.switched_after.insert(member.clone(), after);
            }
            consent.personalised.insert(member, switch);
        }
        let deleted = "select member_id, topic, at from deleted_topics order by member_id, topic";
        for row in sql::query(deleted).fetch_all(self.pool).await? {
            let (member_id, topic) = (row.try_get("member_id")?, row.try_get("topic")?);
            consent.deleted_topics.push(DeletedTopic { member_id, topic, at: row.try_get("at")? });
        }
        let switches: Vec<(String, bool)> =
            sql::query_as("select member_id, team_match from team_switches").fetch_all(self.pool).await?;
        consent.team_match = switches.into_iter().collect();
        let pending = Erasures { pool: self.pool }.pending().await?.into_iter();
        let erased = pending.map(|erasure| ErasedMember { member_id: erasure.member_id, openids: erasure.openids });
        consent.erased = erased.collect();
        Ok(consent)
    }
}
