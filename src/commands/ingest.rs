//! `zhihui ingest`: reads files into the lake.

use std::path::Path;

use serde_json::json;
use zhihui_api::AuditAction;
use zhihui_pipeline::ingest::{FileReport, FileStatus, IngestReport};

use std::sync::Arc;

use super::{Context, audit, dry_run};
use crate::cli::Ingest;
use crate::home::Home;
use crate::outcome::Outcome;
use crate::progress::Meter;
use crate::steps::{self, Runner};
use crate::{clock, ingest_lines, ingest_notes, output};

pub(crate) async fn run(context: &Context<'_>, args: &Ingest) -> anyhow::Result<Outcome> {
    if args.dry_run {
        return dry_run::run(context, args).await;
    }
    let home = Home::open_or_create(context.home)?;
    let lake = home.lake().await?;
    let meter = Arc::new(Meter::start());
    let now = clock::now();
    let runner = Runner { home: &home, lake: &lake, meter: &meter, run_id: steps::run_id(now), as_of: now };
    let (_, report) = runner.ingest(&args.paths, args.table.as_deref()).await?;
    drop(meter);
    let (files, totals) = (report.files.len(), &report.totals);
    let detail = json!({
        "files": files, "rows": totals.rows, "new": totals.new, "rejected": totals.rejected, "nulled": totals.nulled
    });
    audit::record(&home, AuditAction::Ingest, detail).await?;
    if context.json {
        output::json(&report)?
    } else {
        print(&report)?
    }
    Ok(Outcome::refused_if(report.refused()))
}

/// Prints a table with one line for each file and the totals, then reasons, notes and errors.
pub(crate) fn print(report: &IngestReport) -> anyhow::Result<()> {
    const MAX_LINES: usize = 40;
    let row = |file: &FileReport| {
        let counts = &file.counts;
        let numbers = [counts.rows, counts.new, counts.replaced, counts.duplicates, counts.rejected, counts.nulled];
        let mut cells =
            vec![output::one_line(&file.path), file.table.clone().unwrap_or_default(), status(file.status).to_owned()];
        cells.extend(numbers.map(|number| number.to_string()));
        cells
    };
    let mut rows: Vec<Vec<String>> = report.files.iter().take(MAX_LINES).map(row).collect();
    if report.files.len() > MAX_LINES {
        let more = report.files.len() - MAX_LINES;
        let mut row = vec![String::new(); 9];
        row[0] = format!("… {more} more");
        rows.push(row);
    }
    let totals = &report.totals;
    let sums = [totals.rows, totals.new, totals.replaced, totals.duplicates, totals.rejected, totals.nulled];
    let mut last = vec!["all".to_owned(), String::new(), String::new()];
    last.extend(sums.map(|number| number.to_string()));
    rows.push(last);
    let headers = ["file", "table", "status", "rows", "new", "replaced", "duplicates", "rejected", "nulled"];
    output::table(&headers, &rows, &[false, false, false, true, true, true, true, true, true])?;
    for (reason, count) in &totals.reject_reasons {
        output::print_line(&format!("rejected for {reason}: {count}"))?;
    }
    ingest_notes::lines(report).iter().try_for_each(|line| output::print_line(line))?;
    ingest_lines::filtered_line(report).iter().try_for_each(|line| output::print_line(line))?;
    for line in report.files.iter().flat_map(ingest_lines::note_lines).take(MAX_LINES) {
        output::print_line(&line)?;
    }
    report.files.iter().filter_map(ingest_lines::error_line).for_each(|line| output::print_message(&line));
    Ok(())
}

fn status(status: FileStatus) -> &'static str {
    match status {
        FileStatus::Ingested => "ingested",
        FileStatus::Already => "already",
        FileStatus::Refused => "refused",
        FileStatus::Skipped => "skipped",
    }
}

/// Decodes one workbook within its limits. Runs in a child process.
pub(crate) fn decode_sheet(file: &Path, limits: (u64, u64)) -> anyhow::Result<Outcome> {
    zhihui_pipeline::ingest::sheet::decode_main(file, limits, std::io::stdout().lock())?;
    Ok(Outcome::Done)
}
