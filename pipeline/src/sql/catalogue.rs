//! What SHOW TABLES and DESCRIBE return: the tables of a session, and the columns of one with their meaning.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use datafusion::common::stats::Precision;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::SessionContext;
use zhihui_data::Table;

/// Names of all tables, sorted.
pub(super) fn table_names(session: &SessionContext) -> Vec<String> {
    let schema = session.catalog("datafusion").and_then(|catalog| catalog.schema("public"));
    let mut names = schema.map(|schema| schema.table_names()).unwrap_or_default();
    names.sort();
    names
}

/// `table`, `kind` and `rows`, which is null where the rows would have to be counted.
pub(super) async fn tables(session: &SessionContext) -> Result<SendableRecordBatchStream, DataFusionError> {
    let names = table_names(session);
    let mut rows = Vec::with_capacity(names.len());
    for name in &names {
        let provider = session.table_provider(name.as_str()).await?;
        rows.push(match provider.statistics().map(|statistics| statistics.num_rows) {
            Some(Precision::Exact(rows)) => i64::try_from(rows).ok(),
            _ => None,
        });
    }
    let kinds = StringArray::from_iter_values(names.iter().map(|name| kind(name)));
    stream(RecordBatch::try_from_iter_with_nullable([
        ("table", Arc::new(StringArray::from_iter_values(&names)) as ArrayRef, false),
        ("kind", Arc::new(kinds), false),
        ("rows", Arc::new(Int64Array::from(rows)), true),
    ]))
}

fn kind(name: &str) -> &'static str {
    match name {
        "rejects" => "rejected rows of files",
        _ if Table::named(name).is_some() => "current rows of the data contract",
        _ if raw_table(name).is_some() => "every version of the rows",
        _ => "built",
    }
}

fn raw_table(name: &str) -> Option<Table> {
    name.strip_prefix("raw_").and_then(Table::named)
}

/// `column`, `type` and `meaning` of a table; `None` without such a table.
pub(super) async fn columns(
    session: &SessionContext,
    name: &str,
) -> Result<Option<SendableRecordBatchStream>, DataFusionError> {
    if !session.table_exist(name)? {
        return Ok(None);
    }
    let schema = session.table_provider(name).await?.schema();
    let contract = Table::named(name).or_else(|| raw_table(name));
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let kinds = schema.fields().iter().map(|field| type_name(field.data_type()));
    let meaning = |name: &str| contract.and_then(|table| table.column(name)).map(|column| column.meaning);
    let meanings: StringArray = schema.fields().iter().map(|field| meaning(field.name())).collect();
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("column", Arc::new(StringArray::from_iter_values(names)) as ArrayRef, false),
        ("type", Arc::new(StringArray::from_iter_values(kinds)), false),
        ("meaning", Arc::new(meanings), true),
    ]);
    stream(batch).map(Some)
}

/// The type as SQL calls it.
fn type_name(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => "text".to_owned(),
        DataType::Dictionary(_, kind) => type_name(kind),
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone".to_owned(),
        DataType::Timestamp(_, None) => "timestamp".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "double".to_owned(),
        kind if kind.is_integer() => "integer".to_owned(),
        DataType::List(inner) | DataType::LargeList(inner) => format!("list of {}", type_name(inner.data_type())),
        other => other.to_string(),
    }
}

fn stream(batch: Result<RecordBatch, ArrowError>) -> Result<SendableRecordBatchStream, DataFusionError> {
    let batch = batch?;
    let schema = batch.schema();
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter([Ok(batch)]))))
}
