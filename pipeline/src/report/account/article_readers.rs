//! Our readers and sharers of articles on some days: counted from columns in memory, else by SQL.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use chrono::NaiveDate;
use datafusion::datasource::MemTable;

use crate::report::ReportError;
use crate::report::period::Period;
use crate::report::session::ReportSession;

const SQL: &str = include_str!("../../../sql/report/account_article_readers.sql");

/// A day of WeChat's figures of an article.
#[derive(Debug, Clone)]
pub(in super::super) struct ArticleDay {
    /// Place of the article in the table.
    pub(in super::super) article: usize,
    pub(in super::super) item: String,
    pub(in super::super) day: NaiveDate,
}

/// The rows of `account_article_readers.sql`. The days of an article follow each other.
pub(super) async fn article_readers(
    session: &ReportSession,
    period: Period,
    days: &[ArticleDay],
) -> Result<Vec<RecordBatch>, ReportError> {
    if let Some(counted) = session.article_readers(SQL, days) {
        return counted.map(|rows| vec![rows]);
    }
    register(session, days).await?;
    let typed = "select article, item, cast(article_day as date) as article_day from account_article_texts";
    session.register_rows("account_article_days", typed, period).await?;
    session.rows("account_article_readers", SQL, period).await
}

async fn register(session: &ReportSession, days: &[ArticleDay]) -> Result<(), ReportError> {
    const NAME: &str = "account_article_texts";
    let fields = ["article", "item", "article_day"].map(|name| Field::new(name, DataType::Utf8, false));
    let schema = Arc::new(Schema::new(fields.to_vec()));
    let column = |text: fn(&ArticleDay) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(days.iter().map(text)))
    };
    let columns =
        vec![column(|day| day.article.to_string()), column(|day| day.item.clone()), column(|day| day.day.to_string())];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns);
    let batch = batch.map_err(|error| ReportError::query(NAME)(error.into()))?;
    let rows = MemTable::try_new(schema, vec![vec![batch]]).map_err(ReportError::query(NAME))?;
    session.context().await?.register_table(NAME, Arc::new(rows)).map_err(ReportError::query(NAME))?;
    Ok(())
}
