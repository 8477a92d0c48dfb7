//! `zhihui init`: creates a home with a commented zhihui.toml.

use serde_json::json;

use super::Context;
use crate::home::Home;
use crate::outcome::Outcome;
use crate::output;

pub(crate) fn run(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let created = Home::create(context.home)?;
    let home = context.home.display().to_string();
    if context.json {
        output::json(&json!({ "home": home, "created": created }))?;
    } else if created {
        output::print_line(&format!(
            "created a home in {home}; put files into {home}/inbox and run `zhihui --home {home} run`"
        ))?;
    } else {
        output::print_line(&format!("{home} already is a home; nothing was changed"))?;
    }
    Ok(Outcome::Done)
}
