//! `zhihui maintain`: compaction and vacuum, never beside a writer.

use super::Context;
use crate::cli::Maintain;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{clock, output};

pub(crate) async fn run(context: &Context<'_>, args: &Maintain) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let lake = home.lake().await?;
    let keep = chrono::Duration::hours(i64::from(args.keep_hours));
    let report = zhihui_pipeline::lake::maintain(&lake, clock::now(), keep).await.map_err(refuse)?;
    if context.json {
        output::json(&report)?;
        return Ok(Outcome::Done);
    }
    let row = |table: &zhihui_pipeline::lake::TableMaintenance| {
        vec![
            table.table.clone(),
            table.files_before.to_string(),
            table.files_after.to_string(),
            table.superseded_rows.to_string(),
            table.files_deleted.to_string(),
            format!("{:.1} MB", table.bytes_deleted as f64 / 1e6),
        ]
    };
    let rows: Vec<Vec<String>> = report.tables.iter().map(row).collect();
    output::table(
        &["table", "files", "now", "superseded rows", "deleted", "freed"],
        &rows,
        &[false, true, true, true, true, true],
    )?;
    Ok(Outcome::Done)
}
