//! `zhihui sql`: runs a read-only SQL query on the tables.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};
use zhihui_pipeline::build;
use zhihui_pipeline::sql::{self, Moment, QueryLimits, QueryResult, RowFormat};

use super::Context;
use crate::cli::{Sql, SqlFormat};
use crate::home::{Home, random_hex};
use crate::outcome::{Outcome, refuse};
use crate::{output, steps};

const LIMITS: QueryLimits = QueryLimits { time: Duration::from_secs(60), rows: 1_000_000 };
/// Time limit of a query whose rows go to a file.
const FILE_TIME: Duration = Duration::from_secs(600);

pub(crate) async fn run(context: &Context<'_>, args: &Sql) -> anyhow::Result<Outcome> {
    let format = format(context, args)?;
    if format == SqlFormat::Parquet && args.out.is_none() && std::io::stdout().is_terminal() {
        bail!("a terminal cannot show Parquet; name a file with --out FILE.parquet");
    }
    let home = Home::open(context.home)?;
    let lake = home.lake().await?;
    let as_of = args.as_of.as_of.as_deref().map(|typed| home.as_of(Some(typed))).transpose()?;
    let moment = match as_of {
        Some(as_of) => {
            steps::warn_before_history(&lake, as_of).await?;
            Some(Moment { as_of, built: build::last_as_of(&lake).await? })
        }
        None => None,
    };
    let session = sql::session(&lake, &home.limits(), moment).await?;
    let zone = home.zone();
    let row_format = match format {
        SqlFormat::Csv => Some(RowFormat::Csv { mark: args.out.is_some() }),
        SqlFormat::Parquet => Some(RowFormat::Parquet),
        SqlFormat::Json if args.out.is_some() => Some(RowFormat::Json),
        SqlFormat::Json | SqlFormat::Table => None,
    };
    match (row_format, &args.out) {
        (Some(row_format), Some(path)) => {
            let write = |file| sql::write_rows(&session, &args.statement, FILE_TIME, (row_format, zone), file);
            let rows = write_file(path, write).await?;
            output::print_message(&format!("wrote {rows} rows to {}", path.display()));
        }
        (Some(row_format), None) => {
            let out = Box::new(std::io::stdout());
            let written = sql::write_rows(&session, &args.statement, LIMITS.time, (row_format, zone), out);
            written.await.map_err(refuse)?;
        }
        (None, _) if format == SqlFormat::Json => {
            let result = sql::query(&session, &args.statement, LIMITS).await.map_err(refuse)?;
            print_json(&result)?;
            warn_if_truncated(&result);
        }
        (None, _) => {
            let result = sql::query_in_zone(&session, &args.statement, LIMITS, zone).await.map_err(refuse)?;
            print_table(&result)?;
            warn_if_truncated(&result);
        }
    }
    Ok(Outcome::Done)
}

/// Returns the format: as named, by the ending of the file, or a table.
fn format(context: &Context<'_>, args: &Sql) -> anyhow::Result<SqlFormat> {
    let named = if context.json { Some(SqlFormat::Json) } else { args.format };
    let Some(path) = &args.out else { return Ok(named.unwrap_or(SqlFormat::Table)) };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let by_ending = match ending.as_str() {
        "csv" => Some(SqlFormat::Csv),
        "json" => Some(SqlFormat::Json),
        "parquet" => Some(SqlFormat::Parquet),
        _ => None,
    };
    match named.or(by_ending) {
        Some(SqlFormat::Table) => bail!("--format table is for the terminal; use csv, json or parquet with --out"),
        Some(format) => Ok(format),
        None => bail!("--out {}: name a .csv, .json or .parquet file, or add --format", path.display()),
    }
}

/// Writes a file beside `path` and renames it when it is complete. An error leaves an earlier file as it was.
async fn write_file<W, R>(path: &Path, write: impl FnOnce(Box<dyn Write + Send>) -> W) -> anyhow::Result<R>
where
    W: Future<Output = Result<R, sql::SqlError>>,
{
    let name = path.file_name().with_context(|| format!("--out {}: is not a file name", path.display()))?;
    let partial = path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), random_hex(4)?));
    let file = std::fs::File::create_new(&partial).with_context(|| format!("cannot write {}", path.display()))?;
    let written = write(Box::new(file)).await.map_err(refuse);
    let renamed = written.and_then(|rows| {
        std::fs::rename(&partial, path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(rows)
    });
    if renamed.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    renamed
}

fn print_json(result: &QueryResult) -> anyhow::Result<()> {
    let object = |row: &Vec<Value>| {
        let pairs = result.columns.iter().cloned().zip(row.iter().cloned());
        Value::Object(pairs.collect::<Map<String, Value>>())
    };
    output::json(&result.rows.iter().map(object).collect::<Vec<_>>())
}

fn print_table(result: &QueryResult) -> anyhow::Result<()> {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let headers: Vec<&str> = result.columns.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = result.rows.iter().map(|row| row.iter().map(text).collect()).collect();
    let numeric = |column: usize| result.rows.iter().all(|row| row[column].is_number() || row[column].is_null());
    let right: Vec<bool> = (0..headers.len()).map(numeric).collect();
    output::table(&headers, &rows, &right)
}

fn warn_if_truncated(result: &QueryResult) {
    if result.truncated {
        output::print_message(&format!(
            "only the first {} rows are shown; narrow the query, or write all rows to a file with --out",
            LIMITS.rows
        ));
    }
}
