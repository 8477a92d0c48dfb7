//! `zhihui config check`: names everything in the settings that cannot be used.

use anyhow::Context as _;
use serde_json::json;
use zhihui_pipeline::config::{SettingsProblem, settings_problems};

use super::Context;
use crate::cli::ConfigCommand;
use crate::outcome::Outcome;
use crate::{kept_mappings, output};

pub(crate) fn run(context: &Context<'_>, command: &ConfigCommand) -> anyhow::Result<Outcome> {
    let ConfigCommand::Check = command;
    let path = context.home.join("zhihui.toml");
    let file = path.display().to_string();
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {file}; `zhihui --home {} init` creates it", context.home.display()))?;
    let mut problems = settings_problems(&text);
    if let Err(error) = kept_mappings::load(context.home) {
        problems.push(SettingsProblem { line: None, key: None, message: output::format_error(&error), nearest: None });
    }
    if context.json {
        output::json(&json!({ "ok": problems.is_empty(), "file": file, "problems": problems }))?;
    } else if problems.is_empty() {
        output::print_line(&format!("{file}: valid"))?;
    } else {
        problems.iter().try_for_each(|problem| output::print_line(&problem.text(&file)))?;
    }
    Ok(Outcome::refused_if(!problems.is_empty()))
}
