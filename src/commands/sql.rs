//! `zhihui sql`: runs a read-only SQL query on the tables.

use std::time::Duration;

use serde_json::{Map, Value};
use zhihui_pipeline::sql::{self, QueryLimits};

use super::Context;
use crate::cli::Sql;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{output, steps};

const LIMITS: QueryLimits = QueryLimits { time: Duration::from_secs(60), rows: 1_000_000 };

pub(crate) async fn run(context: &Context<'_>, args: &Sql) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let lake = home.lake().await?;
    let as_of = args.as_of.as_of.as_deref().map(|typed| home.as_of(Some(typed))).transpose()?;
    if let Some(as_of) = as_of {
        steps::warn_before_history(&lake, as_of).await?;
    }
    let session = sql::session(&lake, &home.limits(), as_of).await?;
    let result = sql::query(&session, &args.statement, LIMITS).await.map_err(refuse)?;
    if context.json {
        let object = |row: &Vec<Value>| {
            let pairs = result.columns.iter().cloned().zip(row.iter().cloned());
            Value::Object(pairs.collect::<Map<String, Value>>())
        };
        output::json(&result.rows.iter().map(object).collect::<Vec<_>>())?;
    } else {
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let headers: Vec<&str> = result.columns.iter().map(String::as_str).collect();
        let rows: Vec<Vec<String>> = result.rows.iter().map(|row| row.iter().map(text).collect()).collect();
        let numeric = |column: usize| result.rows.iter().all(|row| row[column].is_number() || row[column].is_null());
        let right: Vec<bool> = (0..headers.len()).map(numeric).collect();
        output::table(&headers, &rows, &right)?;
    }
    if result.truncated {
        output::print_message(&format!("only the first {} rows are shown; narrow the query", LIMITS.rows));
    }
    Ok(Outcome::Done)
}
