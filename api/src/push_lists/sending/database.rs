//! The tables of sendings.

use sqlx::AssertSqlSafe;
use zhihui_wechat::callback::MassSendStatus;
use zhihui_wechat::client::Submission;

use super::super::error::PushListError;
use super::super::left_out::leave_out;
use super::super::record::FrozenContent;
use super::record::{AccountKind, Batch, BatchState, Message, Sending};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Connection, Parameter, Pool};

/// Why a member was left out afterwards: WeChat accepted the message and then sent it to nobody.
pub(crate) const NOT_DELIVERED: &str = "not_delivered";
/// Why a held-out member is not compared: the pushed members of the same ranks did not receive the message.
pub(crate) const NOT_COMPARED: &str = "not_compared";

/// A sending to begin.
#[derive(Debug)]
pub(crate) struct NewSending<'a> {
    pub(crate) list_id: &'a str,
    pub(crate) base_url: &'a str,
    pub(crate) account: AccountKind,
    pub(crate) message: &'a Message,
    pub(crate) by: &'a str,
    pub(crate) at: i64,
    pub(crate) batches: Vec<NewBatch<'a>>,
}

/// A batch of a sending to begin.
#[derive(Debug)]
pub(crate) struct NewBatch<'a> {
    pub(crate) client_msg_id: String,
    /// Ranks of its members.
    pub(crate) ranks: Vec<usize>,
    pub(crate) variant: Option<&'a str>,
    /// What its variant gets.
    pub(crate) message: Option<&'a Message>,
}

/// Sendings of a home.
#[derive(Debug, Clone, Copy)]
pub struct Sendings<'a> {
    pool: &'a Pool,
}

impl<'a> Sendings<'a> {
    /// The sendings of a database.
    #[must_use]
    pub fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    /// The sending of a list, if it was begun.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, list_id: &str) -> Result<Option<Sending>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        read(&mut connection, list_id).await
    }

    /// The articles that WeChat has accepted: `msg_data_id` of its statistics, and the item that was pushed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sent_articles(&self) -> Result<Vec<(i64, String)>, StoreError> {
        let sql = "select msg_data_id, variant, coalesce(sent_item_id, item_id) as item_id, \
             case when variant is not null then frozen end as frozen \
             from push_list_batches join push_lists on push_lists.id = push_list_batches.list_id \
             where msg_data_id is not null order by msg_data_id";
        let rows: Vec<(i64, Option<String>, String, Option<String>)> = sql::query_as(sql).fetch_all(self.pool).await?;
        let mut articles = Vec::with_capacity(rows.len());
        for (article, variant, item_id, frozen) in rows {
            // Members of a variant get its item, and those of a topic the item that was chosen.
            let own_item = match (variant, frozen) {
                (Some(variant), Some(frozen)) => item_of_variant(&frozen, &variant)?,
                _ => None,
            };
            articles.push((article, own_item.unwrap_or(item_id)));
        }
        articles.retain(|(_, item_id)| !item_id.is_empty());
        Ok(articles)
    }

    /// Stores a sending with its batches. The batches of a list never change afterwards.
    pub(crate) async fn begin(&self, new: &NewSending<'_>) -> Result<Sending, PushListError> {
        let mut transaction = self.pool.begin_write().await?;
        sql::query(
            "insert into push_list_sendings (list_id, base_url, account, message, started_by, started_at) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(new.list_id)
        .bind(new.base_url)
        .bind(new.account.as_str())
        .bind(serde_json::to_string(new.message).map_err(StoreError::damaged)?)
        .bind(new.by)
        .bind(new.at)
        .execute(&mut *transaction)
        .await?;
        for (number, batch) in (1_u32..).zip(&new.batches) {
            let message = batch.message.map(serde_json::to_string).transpose().map_err(StoreError::damaged)?;
            sql::query(
                "insert into push_list_batches (list_id, number, client_msg_id, openids, state, variant, message) \
                 values ($1, $2, $3, $4, 'waiting', $5, $6)",
            )
            .bind(new.list_id)
            .bind(number)
            .bind(&batch.client_msg_id)
            .bind(batch.ranks.len() as i64)
            .bind(batch.variant)
            .bind(message)
            .execute(&mut *transaction)
            .await?;
            let is_member = transaction.dialect().is_in("rank", 3);
            let sql = format!("update push_list_members set batch = $1 where list_id = $2 and {is_member}");
            sql::query(AssertSqlSafe(sql))
                .bind(number)
                .bind(new.list_id)
                .bind(Parameter::Integers(batch.ranks.iter().map(|&rank| rank as i64).collect()))
                .execute(&mut *transaction)
                .await?;
        }
        let sending = read(&mut transaction, new.list_id).await?;
        transaction.commit().await?;
        sending.ok_or_else(|| StoreError::damaged("the sending was not stored").into())
    }

    /// Notes that a batch is being sent, without these members.
    pub(crate) async fn start_batch(
        &self,
        list_id: &str,
        batch: u32,
        left_out: &[(usize, &str)],
        at: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        leave_out(&mut transaction, list_id, left_out).await?;
        sql::query(
            "update push_list_batches set state = 'sending', error = null, \
             first_attempt_at = coalesce(first_attempt_at, $3), openids = openids - $4 where list_id = $1 and number = $2",
        )
        .bind(list_id)
        .bind(batch)
        .bind(at)
        .bind(left_out.len() as i64)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Notes WeChat's acceptance of a batch, which was sent without these members.
    pub(crate) async fn submit_batch(
        &self,
        list_id: &str,
        batch: u32,
        submission: &Submission,
        left_out: &[(usize, &str)],
        at: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        leave_out(&mut transaction, list_id, left_out).await?;
        sql::query(
            "update push_list_batches set state = 'submitted', error = null, submitted_at = $3, msg_id = $4, \
             msg_data_id = $5, openids = openids - $6 where list_id = $1 and number = $2",
        )
        .bind(list_id)
        .bind(batch)
        .bind(at)
        .bind(submission.msg_id)
        .bind(submission.msg_data_id)
        .bind(left_out.len() as i64)
        .execute(&mut *transaction)
        .await?;
        if let Some(msg_id) = submission.msg_id {
            // The result may have come before the answer to the request.
            note_delivery(&mut transaction, msg_id).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Notes that a batch was not sent: refused, waiting again, or without members.
    pub(crate) async fn set_unsent(
        &self,
        list_id: &str,
        batch: u32,
        state: BatchState,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        sql::query(
            "update push_list_batches set state = $3, error = $4, first_attempt_at = null \
             where list_id = $1 and number = $2",
        )
        .bind(list_id)
        .bind(batch)
        .bind(state.as_str())
        .bind(error)
        .execute(self.pool)
        .await?;
        Ok(())
    }

    /// Notes that every batch has its answer.
    pub(crate) async fn finish(&self, list_id: &str, at: i64) -> Result<(), StoreError> {
        sql::query("update push_list_sendings set finished_at = coalesce(finished_at, $2) where list_id = $1")
            .bind(list_id)
            .bind(at)
            .execute(self.pool)
            .await?;
        Ok(())
    }

    /// The ranks of the members of a batch who are not left out, ascending.
    pub(crate) async fn ranks(&self, list_id: &str, batch: u32) -> Result<Vec<u32>, StoreError> {
        let sql =
            "select rank from push_list_members where list_id = $1 and batch = $2 and left_out is null order by rank";
        Ok(sql::query_scalar(sql).bind(list_id).bind(batch).fetch_all(self.pool).await?)
    }

    /// Stores the result of a message, also of one that no batch has yet. Returns whose pushes are to be corrected.
    pub(super) async fn set_result(
        &self,
        msg_id: i64,
        result: &BatchResult,
    ) -> Result<Vec<DeliveryChange>, StoreError> {
        let sql = "insert into wechat_results values ($1, $2, $3, $4, $5, $6) on conflict (msg_id) do update set \
                   result = excluded.result, total_count = coalesce(excluded.total_count, wechat_results.total_count), \
                   filter_count = coalesce(excluded.filter_count, wechat_results.filter_count), \
                   sent_count = coalesce(excluded.sent_count, wechat_results.sent_count), \
                   error_count = coalesce(excluded.error_count, wechat_results.error_count)";
        let mut transaction = self.pool.begin_write().await?;
        let counts = result.counts.map(|counts| counts.map(|count| i64::try_from(count).unwrap_or(i64::MAX)));
        let mut query = sql::query(sql).bind(msg_id).bind(&result.result);
        for place in 0..4 {
            query = query.bind(counts.map(|counts| counts[place]));
        }
        query.execute(&mut *transaction).await?;
        let changes = note_delivery(&mut transaction, msg_id).await?;
        transaction.commit().await?;
        Ok(changes)
    }

    /// The members of a list whose message reached nobody, and the held-out members of the same ranks.
    pub(super) async fn undelivered(&self, list_id: &str) -> Result<Vec<DeliveryChange>, StoreError> {
        let sql = "select rank from push_list_members where list_id = $1 and left_out in ($2, $3)";
        let select = sql::query_scalar(sql).bind(list_id).bind(NOT_DELIVERED).bind(NOT_COMPARED);
        let ranks: Vec<u32> = select.fetch_all(self.pool).await?;
        let change = |rank| DeliveryChange { list_id: list_id.to_owned(), rank: rank as usize, is_delivered: false };
        Ok(ranks.into_iter().map(change).collect())
    }
}

/// A member of a list, after WeChat has said what became of the message of the member's batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeliveryChange {
    pub(super) list_id: String,
    pub(super) rank: usize,
    /// Whether the message was sent after all.
    pub(super) is_delivered: bool,
}

/// What WeChat reports about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BatchResult {
    /// WeChat's word.
    pub(crate) result: String,
    /// Followers in all, after filters, reached, and failed.
    pub(crate) counts: Option<[u64; 4]>,
}

/// Whether WeChat's word means that the message reached nobody. Words that are not documented do not.
fn has_reached_nobody(result: &str) -> bool {
    matches!(MassSendStatus::parse(result), MassSendStatus::Failed | MassSendStatus::Refused(_))
}

/// The item that a variant of a frozen list pushes instead of that of the list.
fn item_of_variant(frozen: &str, variant: &str) -> Result<Option<String>, StoreError> {
    let frozen: FrozenContent = serde_json::from_str(frozen).map_err(StoreError::damaged)?;
    Ok(frozen.variants.into_iter().find(|found| found.name == variant).map(|found| found.item_id))
}

/// Leaves out the members of a batch whose message reached nobody, and the held-out members of the same variant and ranks,
/// because the batches of a variant go by rank: the arms stay comparable. A later result that it was sent takes that back.
/// Returns whose pushes are to be corrected; of a message that reached nobody all members, so that a repeated result completes
/// an interrupted one.
async fn note_delivery(connection: &mut Connection, msg_id: i64) -> Result<Vec<DeliveryChange>, StoreError> {
    let result = "select result from wechat_results where msg_id = $1";
    let result: Option<String> = sql::query_scalar(result).bind(msg_id).fetch_optional(&mut *connection).await?;
    let Some(result) = result else { return Ok(Vec::new()) };
    let is_failed = has_reached_nobody(&result);
    let batches: Vec<(String, i64)> = sql::query_as("select list_id, number from push_list_batches where msg_id = $1")
        .bind(msg_id)
        .fetch_all(&mut *connection)
        .await?;
    let mut changes = Vec::new();
    for (list_id, number) in batches {
        // The ranks from the first member of this batch to the first of the next one of the same variant.
        let variant = "(select variant from push_list_batches where list_id = $1 and number = $2)";
        let first_of = |condition: &str| {
            format!(
                "(select min(rank) from push_list_members where list_id = $1 and variant is not distinct from {variant} and batch {condition})"
            )
        };
        let (own, earlier, later) = (first_of("= $2"), first_of("< $2"), first_of("> $2"));
        let ranks = format!(
            "variant is not distinct from {variant} and rank >= case when {earlier} is null then 0 else {own} end \
             and rank < coalesce({later}, 9223372036854775807)"
        );
        let sql = if is_failed {
            format!(
                "update push_list_members set left_out = case arm when 'push' then '{NOT_DELIVERED}' else \
                 '{NOT_COMPARED}' end where list_id = $1 and (left_out is null or left_out in ('{NOT_DELIVERED}', \
                 '{NOT_COMPARED}')) and (batch = $2 or (arm = 'hold_out' and {ranks})) returning rank"
            )
        } else {
            format!(
                "update push_list_members set left_out = null where list_id = $1 and left_out in ('{NOT_DELIVERED}', \
                 '{NOT_COMPARED}') and (batch = $2 or (arm = 'hold_out' and {ranks})) returning rank"
            )
        };
        let update = sql::query_scalar(AssertSqlSafe(sql)).bind(&list_id).bind(number);
        let ranks: Vec<u32> = update.fetch_all(&mut *connection).await?;
        let change = |rank| DeliveryChange { list_id: list_id.clone(), rank: rank as usize, is_delivered: !is_failed };
        changes.extend(ranks.into_iter().map(change));
    }
    Ok(changes)
}

async fn read(connection: &mut Connection, list_id: &str) -> Result<Option<Sending>, StoreError> {
    let sql = "select * from push_list_sendings where list_id = $1";
    let Some(row) = sql::query(sql).bind(list_id).fetch_optional(&mut *connection).await? else { return Ok(None) };
    let sql = "select batch.*, result, filter_count, sent_count, error_count from push_list_batches batch \
               left join wechat_results result on result.msg_id = batch.msg_id where list_id = $1 order by number";
    let batches = sql::query(sql).bind(list_id).fetch_all(connection).await?;
    let batches = batches.iter().map(Batch::from_row).collect::<Result<_, _>>()?;
    Sending::from_row(&row, batches).map(Some)
}
