//! Returns all rows of the lake about one member.

use arrow::compute::filter_record_batch;
use futures::TryStreamExt;
use serde_json::{Map, Value, json};

use super::Person;
use super::member_matcher::MemberMatcher;
use crate::lake::{Lake, LakeError, LakeTable};
use crate::sql::QueryResult;

/// Returns the rows about a person as `{"raw":{"reads":[{…}]},"built":{…},"rejects":[…],"openids":[…],"rows":n}`.
///
/// # Errors
/// If a table cannot be read.
pub async fn rows_of_member(lake: &Lake, person: &Person) -> Result<Value, LakeError> {
    let matcher = MemberMatcher::new(std::slice::from_ref(person));
    let (mut raw, mut built, mut rejects) = (Map::new(), Map::new(), Value::Array(Vec::new()));
    let mut count = 0;
    for name in lake.tables().await? {
        let Some(table) = lake.table(&name).await? else { continue };
        let rows = rows_of(&table, &matcher).await?;
        if rows.is_empty() {
            continue;
        }
        count += rows.len();
        match name.split_once('/') {
            Some(("raw", "rejects")) => rejects = Value::Array(rows),
            Some(("raw", plain)) => drop(raw.insert(plain.to_owned(), Value::Array(rows))),
            Some((_, plain)) => drop(built.insert(plain.to_owned(), Value::Array(rows))),
            None => {}
        }
    }
    Ok(json!({ "openids": person.openids, "raw": raw, "built": built, "rejects": rejects, "rows": count }))
}

async fn rows_of(table: &LakeTable, matcher: &MemberMatcher) -> Result<Vec<Value>, LakeError> {
    let schema = table.schema();
    if MemberMatcher::columns(table.name(), &schema).is_empty() {
        return Ok(Vec::new());
    }
    let mut result = QueryResult::new(schema.fields().iter().map(|field| field.name().as_str()));
    let rows_error =
        |error: arrow::error::ArrowError| LakeError::Rows { table: table.name().to_owned(), detail: error.to_string() };
    let files = table.files();
    let mut batches = std::pin::pin!(table.read(&files, &[]).await?);
    while let Some(batch) = batches.try_next().await? {
        let own = filter_record_batch(&batch, &matcher.rows(&batch)).map_err(rows_error)?;
        result.append(&own, usize::MAX).map_err(rows_error)?;
    }
    let object = |row: Vec<Value>| Value::Object(result.columns.iter().cloned().zip(row).collect());
    Ok(std::mem::take(&mut result.rows).into_iter().map(object).collect())
}
