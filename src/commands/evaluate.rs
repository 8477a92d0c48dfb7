//! `zhihui evaluate`: compares recommenders with popularity.

mod audiences;

use std::time::{Duration, Instant};

use zhihui_data::snapshot::Snapshot;
use zhihui_pipeline::build;
use zhihui_pipeline::evaluate::{
    Data, EvaluateError, EvaluateOptions, EvaluateReport, EvaluationFileError, ModelError, ModelReport, ServedLists,
    TuneProgress, evaluate, warm_start,
};
use zhihui_pipeline::train::TrainOptions;
use zhihui_pipeline::trial::Trial;

use super::Context;
use crate::cli::Evaluate;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::progress::Meter;
use crate::{clock, output, search_meter};

const DEFAULT_BUDGET: Duration = Duration::from_secs(600);
/// Default number of test windows of a week.
const DEFAULT_WINDOWS: usize = 8;
/// Default number of weeks of --as-served.
const DEFAULT_SERVED_WEEKS: usize = 4;
/// Maximum share of the budget for judging finalists on fresh cuts. If one cut takes longer, the best trial wins.
const MAX_JUDGING_SHARE: f64 = 0.35;
/// Minimum share of the budget for fitting and measuring the winner.
const RESERVED_SHARE: f64 = 0.05;
/// Safety factor on the predicted time of the end, which is extrapolated from shorter work.
const SAFETY_FACTOR: f64 = 1.4;

pub(crate) async fn run(context: &Context<'_>, args: &Evaluate) -> anyhow::Result<Outcome> {
    if args.backtest.audiences {
        return audiences::run(context, args).await;
    }
    let budget = args.budget.as_deref().map(clock::parse_duration).transpose()?;
    let started = Instant::now();
    let meter = Meter::start();
    meter.tick("reading the interactions");
    let source = source(context, args).await?;
    let data = match &source {
        Source::Files(data) => data,
        Source::Lake { data, .. } => data,
    };
    let (served, warm_start) = match &source {
        Source::Files(_) => (None, Vec::new()),
        Source::Lake { snapshot, training, card, .. } => (Some(ServedLists::new(snapshot, training)), warm_start(card)),
    };
    let options = EvaluateOptions {
        models: match args.as_served && args.models.is_empty() {
            true => vec!["served".to_owned()],
            false => args.models.clone(),
        },
        ks: args.k.clone(),
        settings: args.set.clone(),
        tune: args.tune,
        max_trials: args.trials,
        warm_start,
        seconds: budget.map(|budget| budget.as_secs_f64()),
        seed: args.seed,
    };
    if args.tune && !args.set.is_empty() {
        output::print_message("--set is ignored: --tune chooses the parameters");
    }
    let limit = Budget { budget: budget.unwrap_or(DEFAULT_BUDGET), started, data };
    let mut best = 0.0_f64;
    let mut keep_going = |progress: &TuneProgress<'_>| {
        match progress.judging {
            Some(cut) => meter.tick(&format!("judging the finalists on fresh cut {}", cut + 1)),
            None => {
                let trial = Trial::of_recommender(progress.trial, best);
                best = best.max(trial.ndcg.unwrap_or_default());
                meter.done(&search_meter::format_trial(&trial, started.elapsed(), best));
            }
        }
        limit.allows_another(progress)
    };
    let seconds = || started.elapsed().as_secs_f64();
    let report = evaluate(data, served.as_ref(), &options, &seconds, &mut keep_going, &|text| meter.tick(text))
        .map_err(could_not_start)?;
    drop(meter);
    if context.json {
        output::json(&report)?
    } else {
        print(&report, &args.k)?
    }
    Ok(Outcome::Done)
}

enum Source {
    Files(Data),
    /// With the settings of the service and its current model card.
    Lake {
        data: Data,
        snapshot: Box<Snapshot>,
        training: Box<TrainOptions>,
        card: String,
    },
}

async fn source(context: &Context<'_>, args: &Evaluate) -> anyhow::Result<Source> {
    if let (Some(train), Some(test)) = (&args.train, &args.test) {
        return Ok(Source::Files(Data::from_files(train, test).map_err(could_not_start)?));
    }
    let home = Home::open(context.home)?;
    let as_of = home.as_of(args.as_of.as_of.as_deref())?;
    let lake = home.lake().await?;
    let snapshot = build::assemble(&lake, &home.build_options(as_of, "evaluate")).await.map_err(refuse)?;
    let data = if args.as_served {
        Data::of_nights(&snapshot, args.windows.unwrap_or(DEFAULT_SERVED_WEEKS), args.every.into(), args.seed)
    } else {
        Data::from_snapshot(&snapshot, args.windows.unwrap_or(DEFAULT_WINDOWS), args.seed)
    };
    let card = home.published().load_model().map(|(served, _)| served.model.card).unwrap_or_default();
    let data = data.map_err(refuse)?;
    Ok(Source::Lake { data, snapshot: Box::new(snapshot), training: Box::new(home.config.train.clone()), card })
}

/// The time limit of tuning, including the last fit and its measurement.
struct Budget<'a> {
    budget: Duration,
    started: Instant,
    data: &'a Data,
}

impl Budget<'_> {
    /// Returns whether after another trial there is time to fit and measure the winner.
    fn allows_another(&self, progress: &TuneProgress<'_>) -> bool {
        let entries = self.data.windows.iter().map(|window| window.training.interactions.n_entries().max(1) as f64);
        let first = entries.clone().next().unwrap_or(1.0);
        // The winner is fitted for every window. Later windows have more training data.
        let fits = progress.finish.fit * entries.map(|entries| (entries / first).powf(1.5)).sum::<f64>();
        let end = fits + progress.finish.per_member * self.data.test_users() as f64;
        let budget = self.budget.as_secs_f64();
        // During the search, reserve time for as many fresh cuts as the budget allows.
        let cut = SAFETY_FACTOR * progress.cut_seconds;
        let cuts = [2.0, 1.0].into_iter().find(|cuts| cuts * cut < MAX_JUDGING_SHARE * budget).unwrap_or(0.0);
        let judging = if progress.judging.is_none() { cuts * cut } else { 0.0 };
        let kept = (SAFETY_FACTOR * end).max(RESERVED_SHARE * budget) + judging;
        self.started.elapsed().as_secs_f64() + progress.next_seconds + kept < budget
    }
}

/// An invalid argument or a missing file means that the command could not start. Other errors are refusals.
fn could_not_start(error: EvaluateError) -> anyhow::Error {
    match error {
        EvaluateError::File(EvaluationFileError::Io { .. })
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
    let (users, items, test_users) = (report.users, report.items, report.test_users);
    output::print_line(&format!("training on {users} users and {items} items, {test_users} test users{windows}"))?;
    print_metrics(report, k)?;
    print_tuning(report)?;
    print_slices(&report.models)?;
    for (model, why) in &report.left_out {
        output::print_message(&format!("{model} was left out: {why}"));
    }
    Ok(())
}

fn print_metrics(report: &EvaluateReport, k: usize) -> anyhow::Result<()> {
    let metrics = ["recall", "ndcg", "hit_rate", "mrr", "map", "precision", "coverage", "gini", "novelty", "diversity"];
    let mut headers = vec!["model".to_owned()];
    headers.extend(metrics.map(|name| format!("{name}@{k}")));
    headers.extend([format!("gain over {} (95 %)", report.baseline), "fit s".to_owned(), "lists s".to_owned()]);
    let row = |model: &ModelReport| {
        let metric = |name: &str| model.metrics.get(&format!("{name}@{k}")).map(|value| format!("{value:.4}"));
        let mut cells = vec![model.model.clone()];
        cells.extend(metrics.iter().map(|name| metric(name).unwrap_or_default()));
        cells.push(model.gain_over_popular.map_or_else(String::new, format_gain));
        cells.push(format!("{:.1}", model.fit_seconds));
        cells.push(format!("{:.1}", model.recommend_seconds));
        cells
    };
    let rows: Vec<Vec<String>> = report.models.iter().map(row).collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let right: Vec<bool> = (0..headers.len()).map(|at| at > 0).collect();
    output::table(&headers, &rows, &right)
}

fn print_tuning(report: &EvaluateReport) -> anyhow::Result<()> {
    let (Some(validation), Some(winner)) = (&report.validation, report.models.first()) else { return Ok(()) };
    let test = winner.metrics.get("ndcg@20").copied().unwrap_or_default();
    let seen = |name: &str| winner.validation.get(name).copied().flatten().unwrap_or_default();
    let (fresh, luckiest) = (seen("ndcg@20"), seen("ndcg@20_of_best_trial"));
    let (trials, cuts) = (report.trials.len(), validation.fresh_cuts);
    output::print_line(&format!(
        "\n{trials} trials on a cut ({}) of {} members: best ndcg@20 {luckiest:.4}; the winner on {cuts} fresh cuts {fresh:.4}; on the test {test:.4}",
        validation.cut, validation.members
    ))
}

/// Prints a table for each slicing: a row for each model, a column for each slice. A slicing of one slice is left out.
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
        output::print_line("")?;
        output::table(&headers, &rows, &right)?;
    }
    if slicings.iter().all(|(_, slices)| slices.len() < 2) {
        return Ok(());
    }
    output::print_line(
        "\n+ better, - worse than the popularity baseline on the same users, with the 95 % interval off zero; (users)",
    )
}

fn verdict([_, low, high]: [f64; 3]) -> &'static str {
    match (low > 0.0, high < 0.0) {
        (true, _) => "+",
        (_, true) => "-",
        _ => " ",
    }
}

fn format_gain([value, low, high]: [f64; 3]) -> String {
    format!("{value:+.4} ({low:+.4} to {high:+.4})")
}
