//! `zhihui ingest --dry-run`: shows how files would be read, and writes nothing.

use serde_json::Value;
use zhihui_pipeline::ingest::{self, FilePreview, NulledValues, SeenColumn, SeenTable};

use super::Context;
use crate::cli::Ingest;
use crate::home::Home;
use crate::outcome::Outcome;
use crate::{clock, output, steps};

pub(crate) async fn run(context: &Context<'_>, args: &Ingest) -> anyhow::Result<Outcome> {
    let home = Home::open_or_assume(context.home)?;
    let lake = home.existing_lake().await?;
    let table = steps::named_table(args.table.as_deref())?;
    let request = steps::preview_request(&home, &args.paths, table, &steps::run_id(clock::now()))?;
    let previews = ingest::preview(lake.as_ref(), request).await?;
    if context.json {
        output::json(&serde_json::json!({ "files": previews }))?;
    } else {
        for preview in &previews {
            print(preview, home.zone().name())?;
        }
        output::print_message("nothing was written");
    }
    Ok(Outcome::refused_if(previews.iter().any(|preview| preview.status == "refused")))
}

/// Prints what is understood of one file.
pub(super) fn print(preview: &FilePreview, zone: &str) -> anyhow::Result<()> {
    let line = |text: &str| output::print_line(text);
    line(&format!("{}: {}", preview.path, preview.status))?;
    if let Some(table) = &preview.table {
        let by = preview.source.as_ref().map_or(String::new(), |source| format!(", by the source {source}"));
        line(&format!("  table      {table}{by}"))?;
    }
    if let Some(format) = preview.format {
        let encoding = preview.encoding.map(|name| format!(", {name}")).unwrap_or_default();
        line(&format!("  format     {}{encoding}", format!("{format:?}").to_lowercase()))?;
    }
    for table in &preview.tables {
        print_table(table, preview)?;
    }
    if let Some(error) = &preview.error {
        line(&format!("  {}: {error}", if preview.status == "refused" { "refused" } else { "why" }))?;
        if preview.status == "skipped" || !preview.tables.is_empty() {
            line(&format!("  try        zhihui source suggest {}", preview.path))?;
        }
        return line("");
    }
    line(&format!("  rows       {} read, {} rejected", preview.rows, preview.rejected))?;
    for (reason, count) in &preview.reject_reasons {
        line(&format!("             rejected for {reason}: {count}"))?;
    }
    if preview.filtered > 0 {
        line(&format!("             {} left out by `where` or with an empty list", preview.filtered))?;
    }
    for NulledValues { column, reason, values, row, message, .. } in &preview.nulled_values {
        line(&format!("             values of {column} set to unknown for {reason}: {values} (row {row}: {message})"))?;
    }
    for note in &preview.notes {
        line(&format!("             note: {}", note.text))?;
    }
    line(&format!("  first rows (times in {zone})"))?;
    for (number, row) in (1..).zip(&preview.sample) {
        line(&format!("    {number:>2}  {}", fields(row)))?;
    }
    if !preview.rejects.is_empty() {
        line("  first rejects")?;
    }
    for reject in &preview.rejects {
        let text = |key: &str| reject[key].as_str().unwrap_or_default();
        let what = [text("column"), text("value")].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
        line(&format!("    row {}: {}: {} ({})", reject["row"], text("reason"), text("message"), what.join(" = ")))?;
    }
    line("")
}

fn print_table(table: &SeenTable, preview: &FilePreview) -> anyhow::Result<()> {
    let separator = table.separator.as_ref().map(|separator| match separator.as_str() {
        "\t" => ", separated by tabs".to_owned(),
        other => format!(", separated by {other}"),
    });
    let row = table.header_row.map_or("names of its columns".to_owned(), |row| format!("row {row}"));
    let unread = if table.is_read { "" } else { ", not read" };
    output::print_line(&format!("  header     {row}{}{unread}", separator.unwrap_or_default()))?;
    let width = table.columns.iter().map(|seen| output::width(&seen.header)).max().unwrap_or_default();
    for seen in table.columns.iter().filter(|seen| !seen.header.is_empty()) {
        let gap = " ".repeat(width - output::width(&seen.header));
        output::print_line(&format!("    {}{gap}  {}", seen.header, meaning(seen, preview)))?;
    }
    for constant in &table.constants {
        output::print_line(&format!("    (constant)  → {} = {}", constant.columns.join(", "), constant.how.join("")))?;
    }
    Ok(())
}

fn meaning(seen: &SeenColumn, preview: &FilePreview) -> String {
    if seen.columns.is_empty() {
        let unknown = preview.unknown_columns.iter().find(|unknown| unknown.name == seen.header);
        let similar = unknown.and_then(|unknown| unknown.similar.as_deref());
        return similar.map_or("not used".to_owned(), |name| format!("not used; did you mean {name}?"));
    }
    let how = if seen.how.is_empty() { String::new() } else { format!(", {}", seen.how.join(", ")) };
    format!("→ {} (by {}{how})", seen.columns.join(", "), seen.by)
}

fn fields(row: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    };
    let fields = row.as_object().into_iter().flatten().map(|(name, value)| format!("{name}={}", text(value)));
    fields.collect::<Vec<_>>().join("  ")
}
