//! `zhihui init`: a new home with a commented zhihui.toml.

use serde_json::json;

use super::Context;
use crate::home::Home;
use crate::outcome::Outcome;
use crate::output;

pub(crate) fn run(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let made = Home::create(context.home)?;
    let home = context.home.display().to_string();
    if context.json {
        output::json(&json!({ "home": home, "created": made }))?;
    } else if made {
        output::line(&format!(
            "made a home in {home}; put files into {home}/inbox and run `zhihui --home {home} run`"
        ))?;
    } else {
        output::line(&format!("{home} is a home already; nothing was changed"))?;
    }
    Ok(Outcome::Done)
}
