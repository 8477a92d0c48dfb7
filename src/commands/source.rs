//! `zhihui source suggest`: a mapping for a file of another system.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use zhihui_pipeline::config::Config;
use zhihui_pipeline::ingest::{self, FilePreview, Suggestion};

use super::Context;
use crate::cli::SourceCommand;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{clock, output, steps};

pub(crate) async fn run(context: &Context<'_>, command: &SourceCommand) -> anyhow::Result<Outcome> {
    let SourceCommand::Suggest { file, table } = command;
    let home = Home::open_or_assume(context.home)?;
    let table = steps::named_table(table.as_deref())?;
    let request = steps::preview_request(&home, &[], table, "")?;
    let decoding = (&request.decoder, &request.limits);
    let suggestion = ingest::suggest(file, table, home.zone(), decoding).map_err(|why| refuse(anyhow::anyhow!(why)))?;
    let tried = preview_with(&home, file, &suggestion.toml).await;
    if context.json {
        let tried = tried.as_ref().ok();
        let counts = tried
            .map(|preview| json!({ "status": preview.status, "rows": preview.rows, "rejected": preview.rejected }));
        output::json(&json!({
            "file": file, "table": suggestion.table, "sure": suggestion.is_sure, "toml": suggestion.toml,
            "unused": suggestion.unused, "missing": suggestion.missing, "tried": counts
        }))?;
    } else {
        print(file, &suggestion, &tried)?;
    }
    Ok(Outcome::Done)
}

/// Previews a file as the section would map it.
pub(crate) async fn preview_with(home: &Home, file: &Path, section: &str) -> anyhow::Result<FilePreview> {
    let config = Config::parse("the suggested [[source]]", section)?;
    let mut request = steps::preview_request(home, &[file.to_owned()], None, &steps::run_id(clock::now()))?;
    request.sources = config.sources;
    ingest::preview(None, request).await?.into_iter().next().context("the file was not found")
}

fn print(file: &Path, suggestion: &Suggestion, tried: &anyhow::Result<FilePreview>) -> anyhow::Result<()> {
    output::print_line(&format!("# Suggested for {}. Check the lines marked unsure.", file.display()))?;
    output::print_line(suggestion.toml.trim_end())?;
    let result = match tried {
        Err(error) => format!("this version cannot read the section: {}", output::format_error(error)),
        Ok(FilePreview { error: Some(error), .. }) => format!("the file would be refused: {error}"),
        Ok(preview) => format!("tried on the whole file: {} rows, {} rejected", preview.rows, preview.rejected),
    };
    output::print_message(&result);
    output::print_message(&format!(
        "append the section to zhihui.toml, then look at `zhihui ingest --dry-run {}`",
        file.display()
    ));
    Ok(())
}
