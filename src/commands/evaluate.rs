//! `zhihui evaluate`: every recommender beside popularity.

mod audiences;

use std::time::{Duration, Instant};

use zhihui_pipeline::build;
use zhihui_pipeline::evaluate::{
    Data, EvaluateError, EvaluateOptions, EvaluateReport, FileError, ModelError, ModelReport, Progress, evaluate,
};

use super::Context;
use crate::cli::Evaluate;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::progress::Meter;
use crate::{clock, output};

/// Share of a tuning budget that is kept at least for fitting and measuring the winner.
const KEPT_FOR_THE_END: f64 = 0.05;
/// How much longer than foreseen the end may take: estimates come from shorter work.
const CAUTION: f64 = 1.4;

pub(crate) async fn run(context: &Context<'_>, args: &Evaluate) -> anyhow::Result<Outcome> {
    if args.backtest.audiences {
        return audiences::run(context, args).await;
    }
    let budget = clock::span(&args.budget)?;
    let started = Instant::now();
    let meter = Meter::start();
    meter.tick("reading the interactions");
    let data = match (&args.train, &args.test) {
        (Some(train), Some(test)) => Data::from_files(train, test).map_err(could_not_start)?,
        _ => {
            let home = Home::open(context.home)?;
            let as_of = home.as_of(args.as_of.as_of.as_deref())?;
            let snapshot =
                build::assemble(&home.lake().await?, &home.build_options(as_of, "evaluate")).await.map_err(refuse)?;
            Data::from_snapshot(&snapshot, args.windows, args.seed).map_err(refuse)?
        }
    };
    let options = EvaluateOptions {
        models: args.models.clone(),
        ks: args.k.clone(),
        settings: args.set.clone(),
        tune: args.tune,
        seed: args.seed,
    };
    if args.tune && !args.set.is_empty() {
        output::say("--set is left aside: --tune chooses the parameters");
    }
    let limit = Budget { budget, started, data: &data };
    let mut keep_going = |progress: &Progress<'_>| {
        meter.done(&told(progress, started.elapsed()));
        limit.allows_another(progress)
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

/// The time there is for tuning, from the start of the command to its answer.
struct Budget<'a> {
    budget: Duration,
    started: Instant,
    data: &'a Data,
}

impl Budget<'_> {
    /// Whether another trial leaves the time to fit and measure the winner.
    fn allows_another(&self, progress: &Progress<'_>) -> bool {
        let entries = self.data.windows.iter().map(|window| window.training.interactions.n_entries().max(1) as f64);
        let first = entries.clone().next().unwrap_or(1.0);
        // The winner is fitted for every window, and later ones have more to learn from.
        let fits = progress.finish.fit * entries.map(|entries| (entries / first).powf(1.5)).sum::<f64>();
        let end = fits + progress.finish.per_member * self.data.test_users() as f64;
        let budget = self.budget.as_secs_f64();
        let kept = (CAUTION * end).max(KEPT_FOR_THE_END * budget);
        self.started.elapsed().as_secs_f64() + progress.next_seconds + kept < budget
    }
}

/// One line a trial: what it was, what it reached, the best so far.
fn told(progress: &Progress<'_>, elapsed: Duration) -> String {
    let trial = progress.trial;
    let outcome = trial.ndcg().map_or_else(|| "refused".to_owned(), |ndcg| format!("{ndcg:.4}"));
    let best = progress.best.map_or_else(String::new, |best| {
        format!(", best {:.4} ({}, trial {})", best.ndcg().unwrap_or_default(), best.spec.name(), best.number)
    });
    let (name, seconds) = (trial.spec.name(), progress.seconds);
    format!("{:>5.0} s  trial {}: {name} {outcome} in {seconds:.1} s{best}", elapsed.as_secs_f64(), trial.number)
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
    let windows = match report.windows.len() {
        0 | 1 => String::new(),
        many => format!(" in {many} windows"),
    };
    let (users, items, asked) = (report.users, report.items, report.test_users);
    output::line(&format!("{users} users and {items} items to learn from, {asked} test users{windows}"))?;
    print_metrics(&report.models, k)?;
    print_slices(&report.models)?;
    for (model, why) in &report.left_out {
        output::say(&format!("{model} was left out: {why}"));
    }
    Ok(())
}

fn print_metrics(models: &[ModelReport], k: usize) -> anyhow::Result<()> {
    let metrics = ["recall", "ndcg", "hit_rate", "mrr", "map", "precision", "coverage", "gini", "novelty", "diversity"];
    let mut headers = vec!["model".to_owned()];
    headers.extend(metrics.map(|name| format!("{name}@{k}")));
    headers.extend(["gain over popular (95 %)", "fit s", "lists s"].map(str::to_owned));
    let row = |model: &ModelReport| {
        let metric = |name: &str| model.metrics.get(&format!("{name}@{k}")).map(|value| format!("{value:.4}"));
        let mut cells = vec![model.model.clone()];
        cells.extend(metrics.iter().map(|name| metric(name).unwrap_or_default()));
        cells.push(model.gain_over_popular.map_or_else(String::new, told_gain));
        cells.push(format!("{:.1}", model.fit_seconds));
        cells.push(format!("{:.1}", model.recommend_seconds));
        cells
    };
    let rows: Vec<Vec<String>> = models.iter().map(row).collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let right: Vec<bool> = (0..headers.len()).map(|at| at > 0).collect();
    output::table(&headers, &rows, &right)
}

/// One table a slicing: a row a model, a column a slice. A slicing of one slice says nothing new.
fn print_slices(models: &[ModelReport]) -> anyhow::Result<()> {
    let slicings: Vec<_> = models.iter().take(1).flat_map(|model| &model.slices).collect();
    for &(slicing, slices) in slicings.iter().filter(|(_, slices)| slices.len() > 1) {
        let mut headers = vec![format!("ndcg@20 by {slicing}")];
        headers.extend(slices.iter().map(|(label, slice)| format!("{label} ({})", slice.users)));
        let row = |model: &ModelReport| {
            let cell = |label: &String| {
                let slice = model.slices.get(slicing)?.get(label)?;
                Some(format!("{:.4}{}", slice.ndcg, slice.gain_over_popular.map_or(" ", verdict)))
            };
            let cells = slices.keys().map(|label| cell(label).unwrap_or_default());
            std::iter::once(model.model.clone()).chain(cells).collect()
        };
        let rows: Vec<Vec<String>> = models.iter().map(row).collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let right: Vec<bool> = (0..headers.len()).map(|at| at > 0).collect();
        output::line("")?;
        output::table(&headers, &rows, &right)?;
    }
    if slicings.iter().all(|(_, slices)| slices.len() < 2) {
        return Ok(());
    }
    output::line("\n+ better, - worse than popularity on the same users, the 95 % interval clear of zero; (users)")
}

fn verdict([_, low, high]: [f64; 3]) -> &'static str {
    match (low > 0.0, high < 0.0) {
        (true, _) => "+",
        (_, true) => "-",
        _ => " ",
    }
}

fn told_gain([value, low, high]: [f64; 3]) -> String {
    format!("{value:+.4} ({low:+.4} to {high:+.4})")
}
