//! `zhihui build`: recomputes the built tables whose inputs changed.

use std::sync::Arc;

use super::Context;
use super::run::print;
use crate::cli::AsOf;
use crate::home::Home;
use crate::outcome::Outcome;
use crate::progress::Meter;
use crate::steps::{self, RunReport, Runner};
use crate::{clock, data_checks};

pub(crate) async fn run(context: &Context<'_>, args: &AsOf) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let lake = home.lake().await?;
    let as_of = home.as_of(args.as_of.as_deref())?;
    let meter = Arc::new(Meter::start());
    let runner = Runner { home: &home, lake: &lake, meter: &meter, run_id: steps::run_id(clock::now()), as_of };
    let step = runner.build().await?;
    let version = home.published().current()?;
    let report = RunReport {
        run_id: runner.run_id.clone(),
        as_of: as_of.to_rfc3339(),
        version,
        steps: vec![step],
        gate: None,
        audiences: None,
        files: Vec::new(),
        notes: Vec::new(),
        checks: data_checks::latest(&home).await?,
        card: None,
    };
    drop(meter);
    print(context, &report)
}
