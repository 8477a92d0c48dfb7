//! Compares recommenders on held-out interactions, with confidence intervals.
//!
//! `cargo run --release -p zhihui-models --example evaluate`

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::error::Error;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_models::UserItems;
use zhihui_models::catalogue::{ModelName, ModelSpec, TrainingData};
use zhihui_models::evaluation::{Bootstrap, Metric, evaluate, hold_out};

const SEED: u64 = 7;
/// Lists are cut off here before they are compared with the held-out items.
const CUTOFF: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    // A fifth of each member's interactions is held out; each member keeps at least one.
    let split = hold_out(&interactions()?, 0.2, SEED);
    let data = TrainingData::new(split.train.clone());

    let evaluate = |name: ModelName| {
        let model = ModelSpec::new(name).fit(&data, SEED)?;
        evaluate(model.as_ref(), &split.train, &split.test, &[CUTOFF], None)
    };

    // Popularity is the baseline. A difference counts if its interval, paired by member, excludes zero.
    let baseline = evaluate(ModelName::Popular)?;
    for name in [ModelName::Popular, ModelName::ItemKnn, ModelName::Rp3beta, ModelName::Ials] {
        let evaluation = evaluate(name)?;
        let ndcg = evaluation.mean(Metric::Ndcg, CUTOFF)?;
        let gain = evaluation.compare(&baseline, Metric::Ndcg, CUTOFF, Bootstrap::new(SEED))?;
        let coverage = evaluation.beyond_accuracy(CUTOFF).map_or(0.0, |metrics| metrics.coverage);
        println!(
            "{:10} ndcg@{CUTOFF} {ndcg:.3}, gain over popularity {:+.3} ({:+.3} to {:+.3}), coverage {:.0} %",
            name.as_str(),
            gain.value,
            gain.low,
            gain.high,
            100.0 * coverage
        );
    }
    Ok(())
}

/// 300 members of six groups, who mostly interact with their own group's 20 items.
fn interactions() -> Result<UserItems, Box<dyn Error>> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut entries = Vec::new();
    for member in 0..300_u32 {
        for _ in 0..12 {
            let group = if rng.gen_bool(0.8) { member % 6 } else { rng.gen_range(0..6) };
            entries.push((member, group * 20 + rng.gen_range(0..20), 1.0));
        }
    }
    Ok(UserItems::from_triplets(300, 120, entries)?)
}
