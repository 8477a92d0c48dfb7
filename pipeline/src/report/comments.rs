//! Comments of members, for staff. They are in no report, because a few words may tell who wrote them.

use serde_json::Value;

use super::columns::ReportTables;
use super::figures::rows;
use super::open_tables::OpenTables;
use super::session::{ReportSession, Tables};
use super::unions::Unions;
use super::{ReportError, ReportOptions, ReportQuery, whole_days};
use crate::lake::Lake;

/// A comment, without its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// When it was written, in seconds since 1970.
    pub at: i64,
    /// What it is about. `None` if it is about the account.
    pub item_id: Option<String>,
    /// The title of that item.
    pub title: Option<String>,
    /// The rating that came with it, 1 to 5.
    pub rating: Option<u64>,
    /// Its text.
    pub text: String,
}

/// Returns the latest comments of a period from members in the query's union, district and age band, at most 200.
///
/// # Errors
/// As [`super::report`].
pub async fn comments(lake: &Lake, query: &ReportQuery, options: &ReportOptions) -> Result<Vec<Comment>, ReportError> {
    query.check()?;
    // Comments are read from disk, so no table is kept in memory.
    let in_memory = ReportTables::new(0);
    let open = OpenTables::open(lake, &in_memory.opened).await?;
    let unions = Unions::read(open.built("union_activity")?).await?;
    let (from, to) = whole_days((query.from, query.to), options.zone);
    let query = ReportQuery { from, to, ..query.clone() };
    let tables = Tables { lake, open: &open, in_memory: &in_memory };
    let session = ReportSession::open(&tables, &query, options, &unions).await?;
    let batches = session.rows("comments", include_str!("../../sql/report/comments.sql"), (from, to)).await?;
    Ok(rows(&batches).into_iter().filter_map(|row| comment(&row)).collect())
}

fn comment(row: &[Value]) -> Option<Comment> {
    let text = |at: usize| row.get(at).and_then(Value::as_str).map(str::to_owned);
    Some(Comment {
        at: row.first().and_then(Value::as_i64)?,
        item_id: text(1),
        title: text(2),
        rating: row.get(3).and_then(Value::as_u64),
        text: text(4)?,
    })
}
