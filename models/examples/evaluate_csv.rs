//! Fits recommenders on a `user,item` file and evaluates them on another one.
//!
//! `cargo run --release -p zhihui-models --example evaluate_csv -- train.csv test.csv gf_cf rp3beta gf_cf.vectors=800
//! …`
//!
//! Ids are small integers, the first line of each file is a header, and an optional third column is a time in seconds.
//! `tune=SECONDS` first searches parameters on validation data cut from the training file. `curve=20,60,200` also
//! evaluates the result of a search that ends after that many trials.

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use zhihui_models::catalogue::{ModelName, ModelSpec, Setting, TrainingData};
use zhihui_models::evaluation::{Bootstrap, Event, Metric, ValidationCut, evaluate};
use zhihui_models::tuning::{Finalist, TuneOptions, evaluate_finalists, tune};
use zhihui_models::{Recommender, UserItems};

const SEED: u64 = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [train, test, words @ ..] = &arguments[..] else {
        return Err("usage: evaluate_csv TRAIN TEST MODEL… [MODEL.PARAMETER=VALUE]… [tune=SECONDS]".into());
    };
    let (train, test) = (read(train)?, read(test)?);
    let (users, items) = shape(&train);
    let (test_users, test_items) = shape(&test);
    let data = training(&train, users.max(test_users), items)?;
    let test = matrix(&test, users.max(test_users), items.max(test_items))?;
    let (settings, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.contains('='));
    let names: Vec<ModelName> = names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let (budget, settings): (Vec<&String>, Vec<&String>) =
        settings.into_iter().partition(|setting| setting.starts_with("tune=") || setting.starts_with("curve="));
    let settings: Vec<Setting> = settings.iter().map(|setting| setting.parse()).collect::<Result<_, _>>()?;
    let (curve, budget): (Vec<&String>, Vec<&String>) =
        budget.into_iter().partition(|setting| setting.starts_with("curve="));
    if let Some(budget) = budget.first() {
        let budget = Duration::from_secs(budget.trim_start_matches("tune=").parse()?);
        let started = Instant::now();
        let seconds = || started.elapsed().as_secs_f64();
        let cut = if data.predicts_future() { ValidationCut::Future } else { ValidationCut::ByData };
        let options = TuneOptions { cut, ..TuneOptions::new(SEED) };
        let ends: Vec<usize> = match curve.first() {
            Some(curve) => curve.trim_start_matches("curve=").split(',').map(str::parse).collect::<Result<_, _>>()?,
            None => vec![options.max_trials],
        };
        let tuned = tune(&data, &names, &options, &seconds, &mut |progress| {
            let trial = progress.trial;
            let (name, params) = (trial.spec.name(), trial.spec.params());
            println!("{:7.1?} {} {:?} {name} {params:?}", started.elapsed(), trial.number, trial.result);
            started.elapsed() < budget && (progress.judging.is_none() || curve.is_empty())
        })?;
        if curve.is_empty() {
            println!("winner after {:.1?}: {} {:?}", started.elapsed(), tuned.spec.name(), tuned.spec.params());
            return report(tuned.model.as_ref(), &data.interactions, &test);
        }
        for end in ends {
            let trials = &tuned.trials[..end.min(tuned.trials.len())];
            println!("after {} trials, {:.1?}", trials.len(), started.elapsed());
            for finalist in evaluate_finalists(&data, trials, &options)? {
                let Finalist { trial, ndcg, chosen, spec } = finalist;
                println!(" {} trial {trial:?} {ndcg:.5?} {:?}", if chosen { "*" } else { " " }, spec.params());
                report(spec.fit(&data, SEED)?.as_ref(), &data.interactions, &test)?;
            }
        }
        return Ok(());
    }
    for name in names {
        let spec = ModelSpec::with_settings(name, &settings)?;
        let started = Instant::now();
        let model = spec.fit(&data, SEED)?;
        println!("{name} {:?}: fit {:.2?}", spec.resolved(), started.elapsed());
        report(model.as_ref(), &data.interactions, &test)?;
    }
    Ok(())
}

fn report(model: &dyn Recommender, train: &UserItems, test: &UserItems) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let evaluation = evaluate(model, train, test, &[10, 20], None)?;
    let interval = evaluation.interval(Metric::Ndcg, 20, Bootstrap::new(SEED))?;
    println!("  evaluated in {:.2?}; ndcg@20 {:.5} to {:.5}", started.elapsed(), interval.low, interval.high);
    println!("  {:.5?}", evaluation.summary());
    Ok(())
}

type Line = (u32, u32, Option<i64>);

fn shape(lines: &[Line]) -> (usize, usize) {
    let (users, items) =
        lines.iter().fold((0, 0), |(users, items), line| (users.max(line.0 + 1), items.max(line.1 + 1)));
    (users as usize, items as usize)
}

/// The data predict the future if every line has a time.
fn training(lines: &[Line], users: usize, items: usize) -> Result<TrainingData, Box<dyn Error>> {
    let event = |&(user, item, at): &Line| Some(Event { user, item, weight: 1.0, at: at? });
    let events: Option<Vec<Event>> = lines.iter().map(event).collect();
    Ok(match events.filter(|events| !events.is_empty()) {
        Some(events) => {
            let now = events.iter().map(|event| event.at).max().unwrap_or_default() + 1;
            TrainingData::as_of(now, users, items, events)?
        }
        None => TrainingData::new(matrix(lines, users, items)?),
    })
}

fn matrix(lines: &[Line], users: usize, items: usize) -> Result<UserItems, Box<dyn Error>> {
    Ok(UserItems::from_triplets(users, items, lines.iter().map(|&(user, item, _)| (user, item, 1.0)))?)
}

fn read(path: &str) -> Result<Vec<Line>, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let parsed = |line: &str| -> Option<Line> {
        let mut fields = line.split(',').map(str::trim);
        let (user, item) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some((user, item, fields.next().and_then(|time| time.parse().ok())))
    };
    Ok(text.lines().skip(1).filter_map(parsed).collect())
}
