//! Fits recommenders on a plain `user,item` file and measures them on another.
//!
//! `cargo run --release -p zhihui-models --example evaluate_csv -- train.csv test.csv gf_cf rp3beta gf_cf.vectors=800 …`
//! where ids are small whole numbers and the first line of each file is a header. The word `tune=SECONDS` searches
//! parameters on a validation part of the training file first.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use zhihui_models::catalogue::{ModelName, ModelSpec, Setting, TrainingData};
use zhihui_models::evaluation::{Bootstrap, Metric, TuneOptions, evaluate, tune};
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
    let train = matrix(&train, users, items)?;
    let test = matrix(&test, users.max(test_users), items.max(test_items))?;
    let (settings, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.contains('='));
    let names: Vec<ModelName> = names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let (budget, settings): (Vec<&String>, Vec<&String>) =
        settings.into_iter().partition(|setting| setting.starts_with("tune="));
    let settings: Vec<Setting> = settings.iter().map(|setting| setting.parse()).collect::<Result<_, _>>()?;
    let data = TrainingData::new(train);
    if let Some(budget) = budget.first() {
        let budget = Duration::from_secs(budget.trim_start_matches("tune=").parse()?);
        let started = Instant::now();
        let seconds = || started.elapsed().as_secs_f64();
        let tuned = tune(&data, &names, &TuneOptions::new(SEED), &seconds, &mut |progress| {
            let trial = progress.trial;
            println!("{:7.1?} {:?} {} {:?}", started.elapsed(), trial.outcome, trial.spec.name(), trial.spec.params());
            started.elapsed() < budget
        })?;
        println!("winner after {:.1?}: {} {:?}", started.elapsed(), tuned.spec.name(), tuned.spec.params());
        return report(tuned.model.as_ref(), &data.interactions, &test);
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

fn shape(pairs: &[(u32, u32)]) -> (usize, usize) {
    let (users, items) =
        pairs.iter().fold((0, 0), |(users, items), pair| (users.max(pair.0 + 1), items.max(pair.1 + 1)));
    (users as usize, items as usize)
}

fn matrix(pairs: &[(u32, u32)], users: usize, items: usize) -> Result<UserItems, Box<dyn Error>> {
    Ok(UserItems::from_triplets(users, items, pairs.iter().map(|&(user, item)| (user, item, 1.0)))?)
}

fn read(path: &str) -> Result<Vec<(u32, u32)>, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let pair = |line: &str| -> Option<(u32, u32)> {
        let mut fields = line.split(',').map(str::trim);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Ok(text.lines().skip(1).filter_map(pair).collect())
}
