//! `zhihui evaluate`: every recommender beside popularity.

mod audiences;

use std::time::{Duration, Instant};

use zhihui_data::snapshot::Snapshot;
use zhihui_pipeline::build;
use zhihui_pipeline::evaluate::{
    Data, EvaluateError, EvaluateOptions, EvaluateReport, FileError, ModelError, ModelReport, Served, TuneProgress,
    evaluate, warm_start,
};
use zhihui_pipeline::train::TrainOptions;
use zhihui_pipeline::trial::Trial;

use super::Context;
use crate::cli::Evaluate;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::progress::Meter;
use crate::{clock, output, search_meter};

/// Time for tuning where none is given.
const USUAL_BUDGET: Duration = Duration::from_secs(600);
/// Test windows of a week.
const WINDOWS: usize = 8;
/// Weeks of nights.
const WEEKS_OF_NIGHTS: usize = 4;
/// Largest share of the budget that is kept for judging finalists on fresh cuts; where one cut takes longer, the best trial wins.
const MOST_FOR_JUDGING: f64 = 0.35;
/// Share of a tuning budget that is kept at least for fitting and measuring the winner.
const KEPT_FOR_THE_END: f64 = 0.05;
/// How much longer than foreseen the end may take: estimates come from shorter work.
const CAUTION: f64 = 1.4;

pub(crate) async fn run(context: &Context<'_>, args: &Evaluate) -> anyhow::Result<Outcome> {
    if args.backtest.audiences {
        return audiences::run(context, args).await;
    }
    let budget = args.budget.as_deref().map(clock::span).transpose()?;
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
        Source::Lake { snapshot, training, card, .. } => (Some(Served::new(snapshot, training)), warm_start(card)),
    };
    let options = EvaluateOptions {
        models: match args.as_served && args.models.is_empty() {
            true => vec!["served".to_owned()],
            false => args.models.clone(),
        },
        ks: args.k.clone(),
        settings: args.set.clone(),
        tune: args.tune,
        most_trials: args.trials,
        warm_start,
        seconds: budget.map(|budget| budget.as_secs_f64()),
        seed: args.seed,
    };
    if args.tune && !args.set.is_empty() {
        output::say("--set is left aside: --tune chooses the parameters");
    }
    let limit = Budget { budget: budget.unwrap_or(USUAL_BUDGET), started, data };
    let mut best = 0.0_f64;
    let mut keep_going = |progress: &TuneProgress<'_>| {
        match progress.judging {
            Some(cut) => meter.tick(&format!("judging the best few on fresh cut {}", cut + 1)),
            None => {
                let trial = Trial::of_recommender(progress.trial, best);
                best = best.max(trial.ndcg.unwrap_or_default());
                meter.done(&search_meter::line(&trial, started.elapsed(), best));
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

/// What is compared on.
enum Source {
    Files(Data),
    /// With what the service is trained by, and the model card that serves now.
    Lake {
        data: Data,
        snapshot: Box<Snapshot>,
        training: TrainOptions,
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
        Data::of_nights(&snapshot, args.windows.unwrap_or(WEEKS_OF_NIGHTS), args.every.into(), args.seed)
    } else {
        Data::from_snapshot(&snapshot, args.windows.unwrap_or(WINDOWS), args.seed)
    };
    let card = home.published().load().map(|(served, _)| served.model.card).unwrap_or_default();
    let data = data.map_err(refuse)?;
    Ok(Source::Lake { data, snapshot: Box::new(snapshot), training: home.config.train.clone(), card })
}

/// The time there is for tuning, from the start of the command to its answer.
struct Budget<'a> {
    budget: Duration,
    started: Instant,
    data: &'a Data,
}

impl Budget<'_> {
    /// Whether another trial leaves the time to fit and measure the winner.
    fn allows_another(&self, progress: &TuneProgress<'_>) -> bool {
        let entries = self.data.windows.iter().map(|window| window.training.interactions.n_entries().max(1) as f64);
        let first = entries.clone().next().unwrap_or(1.0);
        // The winner is fitted for every window, and later ones have more to learn from.
        let fits = progress.finish.fit * entries.map(|entries| (entries / first).powf(1.5)).sum::<f64>();
        let end = fits + progress.finish.per_member * self.data.test_users() as f64;
        let budget = self.budget.as_secs_f64();
        // Time for fresh cuts is kept free while the search goes on, for as many as can be afforded.
        let cut = CAUTION * progress.cut_seconds;
        let cuts = [2.0, 1.0].into_iter().find(|cuts| cuts * cut < MOST_FOR_JUDGING * budget).unwrap_or(0.0);
        let judging = if progress.judging.is_none() { cuts * cut } else { 0.0 };
        let kept = (CAUTION * end).max(KEPT_FOR_THE_END * budget) + judging;
        self.started.elapsed().as_secs_f64() + progress.next_seconds + kept < budget
    }
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
    print_metrics(report, k)?;
    print_tuning(report)?;
    print_slices(&report.models)?;
    for (model, why) in &report.left_out {
        output::say(&format!("{model} was left out: {why}"));
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
        cells.push(model.gain_over_popular.map_or_else(String::new, told_gain));
        cells.push(format!("{:.1}", model.fit_seconds));
        cells.push(format!("{:.1}", model.recommend_seconds));
        cells
    };
    let rows: Vec<Vec<String>> = report.models.iter().map(row).collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let right: Vec<bool> = (0..headers.len()).map(|at| at > 0).collect();
    output::table(&headers, &rows, &right)
}

/// What tuning saw beside what the test says.
fn print_tuning(report: &EvaluateReport) -> anyhow::Result<()> {
    let (Some(validation), Some(winner)) = (&report.validation, report.models.first()) else { return Ok(()) };
    let test = winner.metrics.get("ndcg@20").copied().unwrap_or_default();
    let seen = |name: &str| winner.validation.get(name).copied().flatten().unwrap_or_default();
    let (fresh, luckiest) = (seen("ndcg@20"), seen("ndcg@20_of_best_trial"));
    let (trials, cuts) = (report.trials.len(), validation.fresh_cuts);
    output::line(&format!(
        "\n{trials} trials on a cut ({}) of {} members: best ndcg@20 {luckiest:.4}; the winner on {cuts} fresh cuts {fresh:.4}; on the test {test:.4}",
        validation.cut, validation.members
    ))
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
    output::line(
        "\n+ better, - worse than the popularity baseline on the same users, the 95 % interval clear of zero; (users)",
    )
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
