//! `zhihui train` and `zhihui publish`: run one step each.

use std::sync::Arc;

use super::Context;
use super::run::print;
use crate::cli::{Publish, Train};
use crate::home::Home;
use crate::outcome::Outcome;
use crate::progress::Meter;
use crate::search_meter::SearchBounds;
use crate::steps::{self, RunReport, Runner};
use crate::{clock, data_checks, training_outcome};

pub(crate) async fn run(context: &Context<'_>, args: &Train) -> anyhow::Result<Outcome> {
    let search = SearchBounds::of(&args.search)?;
    let home = Home::open(context.home)?;
    let _lock = home.run_lock()?;
    let lake = home.lake().await?;
    let as_of = home.as_of(args.as_of.as_of.as_deref())?;
    let meter = Arc::new(Meter::start());
    let runner = Runner { home: &home, lake: &lake, meter: &meter, run_id: steps::run_id(clock::now()), as_of };
    let (step, gate) = runner.train(search).await?;
    let version = home.published().current()?;
    let report = RunReport {
        run_id: runner.run_id.clone(),
        as_of: as_of.to_rfc3339(),
        version,
        steps: vec![step],
        gate,
        audiences: training_outcome::audiences_of(&home),
        files: Vec::new(),
        notes: Vec::new(),
        checks: Vec::new(),
        card: home.trained().load_model().ok().and_then(|(trained, _)| serde_json::from_str(&trained.model.card).ok()),
    };
    drop(meter);
    print(context, &report)
}

pub(crate) async fn publish(context: &Context<'_>, args: &Publish) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let _lock = home.run_lock()?;
    let lake = home.lake().await?;
    let as_of = home.as_of(args.as_of.as_of.as_deref())?;
    let meter = Arc::new(Meter::start());
    let runner = Runner { home: &home, lake: &lake, meter: &meter, run_id: steps::run_id(clock::now()), as_of };
    let (step, version) = runner.publish(args.accept_checks).await?;
    let report = RunReport {
        run_id: runner.run_id.clone(),
        as_of: as_of.to_rfc3339(),
        version: Some(version),
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
