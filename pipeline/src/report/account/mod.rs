//! WeChat's own figures of the account beside those of identified members. The two are never added.
//!
//! WeChat counts the people of each day. Over several days their sums count a person once a day, so what is compared with them
//! is the sum of our readers of the same days. A day whose readers are hidden is left out of both sides; so the sums and
//! the share reveal nothing that the table of days does not show.

mod articles;
mod days;
mod matching;
mod notes;

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use datafusion::datasource::MemTable;
use zhihui_data::Table;

use super::ReportError;
use super::session::ReportSession;
use crate::lake::Lake;
use crate::lake::raw::raw_spec;
use crate::sql::{current_rows, provider, stored_columns};

pub(super) use articles::articles;
pub(super) use days::{AccountDays, FIGURES};
pub(super) use notes::notes;

/// An article that a push list sent, under WeChat's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentArticle {
    /// `{msg_data_id}_{index}` of WeChat's statistics.
    pub msgid: String,
    /// The item of the list.
    pub item_id: String,
}

/// Registers the statistics as they were known at `as_of`. They are empty if none were ever ingested.
pub(super) async fn register(session: &ReportSession, lake: &Lake, as_of: DateTime<Utc>) -> Result<(), ReportError> {
    const NAME: &str = "account_statistics";
    let failed = || ReportError::query(NAME);
    let table = Table::AccountStatistics;
    let context = session.context().await?;
    context.register_table(format!("raw_{table}"), provider(lake, &raw_spec(table)).await?).map_err(failed())?;
    let current = current_rows(table, &stored_columns(table), Some(as_of));
    let view = context.sql(&current).await.map_err(failed())?.into_view();
    context.register_table(NAME, view).map_err(failed())?;
    Ok(())
}

/// Registers a table of texts.
async fn register_texts(
    session: &ReportSession,
    table: &'static str,
    columns: &[&str],
    rows: &[Vec<String>],
) -> Result<(), ReportError> {
    let fields: Vec<Field> = columns.iter().map(|name| Field::new(*name, DataType::Utf8, false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let column =
        |at: usize| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row[at].as_str()))) };
    let batch = RecordBatch::try_new(Arc::clone(&schema), (0..columns.len()).map(column).collect());
    let batch = batch.map_err(|error| ReportError::query(table)(error.into()))?;
    let rows = MemTable::try_new(schema, vec![vec![batch]]).map_err(ReportError::query(table))?;
    session.context().await?.register_table(table, Arc::new(rows)).map_err(ReportError::query(table))?;
    Ok(())
}
