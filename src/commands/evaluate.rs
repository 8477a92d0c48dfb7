//! `zhihui evaluate`: every recommender beside popularity.

use std::time::{Duration, Instant};

use zhihui_pipeline::build;
use zhihui_pipeline::evaluate::{
    Data, EvaluateError, EvaluateOptions, EvaluateReport, FileError, ModelError, evaluate,
};

use super::Context;
use crate::cli::Evaluate;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::progress::Meter;
use crate::{clock, output};

/// Share of a tuning budget in which the winner is fitted on everything and measured; no trial starts in it.
const KEPT_FOR_THE_END: f64 = 0.15;

pub(crate) async fn run(context: &Context<'_>, args: &Evaluate) -> anyhow::Result<Outcome> {
    let budget = clock::span(&args.budget)?;
    let meter = Meter::start();
    let data = match (&args.train, &args.test) {
        (Some(train), Some(test)) => Data::from_files(train, test).map_err(could_not_start)?,
        _ => {
            let home = Home::open(context.home)?;
            let as_of = home.as_of(args.as_of.as_of.as_deref())?;
            meter.tick("reading the lake");
            let snapshot =
                build::assemble(&home.lake().await?, &home.build_options(as_of, "evaluate")).await.map_err(refuse)?;
            Data::from_snapshot(&snapshot, args.seed).map_err(refuse)?
        }
    };
    let options = EvaluateOptions {
        models: args.models.clone(),
        ks: args.k.clone(),
        settings: args.set.clone(),
        tune: args.tune,
        seed: args.seed,
    };
    let started = Instant::now();
    let mut best = f64::MIN;
    let (mut longest, mut last) = (budget.mul_f64(KEPT_FOR_THE_END), Duration::ZERO);
    let mut keep_going = |trial: &zhihui_pipeline::evaluate::Trial| {
        let elapsed = started.elapsed();
        longest = longest.max(elapsed.saturating_sub(last));
        last = elapsed;
        if let Some(ndcg) = trial.ndcg() {
            best = best.max(ndcg);
            meter.tick(&format!(
                "{:>5.0} s, trial {}: {} {ndcg:.4}, best {best:.4}",
                elapsed.as_secs_f64(),
                trial.number,
                trial.spec.name()
            ));
        }
        elapsed + longest < budget
    };
    let seconds = || started.elapsed().as_secs_f64();
    let report =
        evaluate(&data, &options, &seconds, &mut keep_going, &|text| meter.tick(text)).map_err(could_not_start)?;
    drop(meter);
    if context.json {
        output::json(&report)?
    } else {
        print(&report, &args.k)?
    }
    Ok(Outcome::Done)
}

/// A wrong word or a missing file keeps the command from starting; anything else is refused.
fn could_not_start(error: EvaluateError) -> anyhow::Error {
    match error {
        EvaluateError::File(FileError::Io { .. })
        | EvaluateError::Model(ModelError::Unknown { .. } | ModelError::BadParameter { .. }) => error.into(),
        _ => refuse(error),
    }
}

fn print(report: &EvaluateReport, ks: &[usize]) -> anyhow::Result<()> {
    let k = ks.first().copied().unwrap_or(20);
    output::line(&format!(
        "{} users and {} items to learn from, {} test users",
        report.users, report.items, report.test_users
    ))?;
    let metrics = ["recall", "ndcg", "hit_rate", "mrr", "map", "coverage"].map(|name| format!("{name}@{k}"));
    let mut headers = vec!["model"];
    headers.extend(metrics.iter().map(String::as_str));
    headers.extend(["gain over popular (95 %)", "fit s", "lists s"]);
    let row = |model: &zhihui_pipeline::evaluate::ModelReport| {
        let mut cells = vec![model.model.clone()];
        cells.extend(
            metrics.iter().map(|name| model.metrics.get(name).map_or_else(String::new, |value| format!("{value:.4}"))),
        );
        cells.push(
            model
                .gain_over_popular
                .map_or_else(String::new, |[value, low, high]| format!("{value:+.4} ({low:+.4} to {high:+.4})")),
        );
        cells.push(format!("{:.1}", model.fit_seconds));
        cells.push(format!("{:.1}", model.recommend_seconds));
        cells
    };
    let rows: Vec<Vec<String>> = report.models.iter().map(row).collect();
    output::table(&headers, &rows, &[false, true, true, true, true, true, true, true, true, true])?;
    for (model, why) in &report.left_out {
        output::say(&format!("{model} was left out: {why}"));
    }
    Ok(())
}
