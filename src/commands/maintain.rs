//! `zhihui maintain`: compaction and vacuum, never beside a writer; and the end of erasures.

use serde::Serialize;
use serde_json::json;
use zhihui_api::Deed;
use zhihui_pipeline::lake::{MaintainReport, TableMaintenance};

use super::{Context, audit};
use crate::cli::Maintain;
use crate::erasure::{self, Finished};
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{clock, output, steps};

#[derive(Debug, Serialize)]
struct Maintained {
    #[serde(flatten)]
    lake: MaintainReport,
    erasures: Finished,
}

pub(crate) async fn run(context: &Context<'_>, args: &Maintain) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let lake = home.lake().await?;
    erasure::erase_waiting(&home, &lake, &steps::run_id(clock::now())).await?;
    // Files that still hold somebody who asked to be erased are kept for no reader.
    let keep = if erasure::any(&home).await? { 0 } else { args.keep_hours };
    let keep = chrono::Duration::hours(i64::from(keep));
    let lake_report = zhihui_pipeline::lake::maintain(&lake, clock::now(), keep).await.map_err(refuse)?;
    let erasures = erasure::finish(&home, &lake).await?;
    let report = Maintained { lake: lake_report, erasures };
    let tables = report.lake.tables.iter();
    let (deleted, bytes) =
        tables.fold((0, 0), |(files, bytes), table| (files + table.files_deleted, bytes + table.bytes_deleted));
    let detail = json!({ "files_deleted": deleted, "bytes_deleted": bytes, "members_erased": report.erasures.erased });
    audit::record(&home, Deed::Maintenance, detail).await?;
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
        output::line(&format!("erasures: {} finished, {} wait", erasures.erased, erasures.waiting))?;
        erasures.inbox_files.iter().chain(&erasures.why).for_each(|line| output::say(line));
    }
    Ok(())
}
