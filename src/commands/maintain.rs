//! `zhihui maintain`: maintains the lake, with no other writer, and completes erasures.

use zhihui_pipeline::lake::TableMaintenance;

use super::Context;
use crate::cli::Maintain;
use crate::home::Home;
use crate::maintenance::{self, Maintained};
use crate::outcome::Outcome;
use crate::output;

pub(crate) async fn run(context: &Context<'_>, args: &Maintain) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let lake = home.lake().await?;
    let keep_hours = args.keep_hours.unwrap_or(home.config.maintain.keep_hours);
    let report = maintenance::maintain(&home, &lake, keep_hours).await?;
    if context.json {
        output::json(&report)?
    } else {
        print(&report)?
    }
    Ok(Outcome::Done)
}

fn print(report: &Maintained) -> anyhow::Result<()> {
    let row = |table: &TableMaintenance| {
        vec![
            table.table.clone(),
            table.files_before.to_string(),
            table.files_after.to_string(),
            table.superseded_rows.to_string(),
            table.files_deleted.to_string(),
            format!("{:.1} MB", table.bytes_deleted as f64 / 1e6),
        ]
    };
    let rows: Vec<Vec<String>> = report.lake.tables.iter().map(row).collect();
    output::table(
        &["table", "files", "now", "superseded rows", "deleted", "freed"],
        &rows,
        &[false, true, true, true, true, true],
    )?;
    let erasures = &report.erasures;
    if erasures.erased + erasures.waiting > 0 {
        output::print_line(&format!("erasures: {} finished, {} wait", erasures.erased, erasures.waiting))?;
        erasures.inbox_files.iter().chain(&erasures.why).for_each(|line| output::print_message(line));
    }
    Ok(())
}
