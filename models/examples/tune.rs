//! Searches the parameters of several recommenders and of a blend of them, without using a test set.
//!
//! `cargo run --release -p zhihui-models --example tune`

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::error::Error;
use std::time::Instant;

use zhihui_models::UserItems;
use zhihui_models::catalogue::{ModelName, TrainingData};
use zhihui_models::tuning::{TuneOptions, tune};

fn main() -> Result<(), Box<dyn Error>> {
    // Six groups of members who mostly read their own twelve items.
    let pairs = (0..240_u32).flat_map(|member| {
        (0..10_u32).map(move |n| {
            let other = (member * 31 + n * 17) % 7 == 0;
            let item =
                if other { (member * 13 + n * 29) % 72 } else { member % 6 * 12 + (member * 5 + n * n + n) % 12 };
            (member, item, 1.0)
        })
    });
    let data = TrainingData::new(UserItems::from_triplets(240, 72, pairs)?);

    // Validation data are cut from the training data. The clock only stops the search: it does not change the trials.
    let families = [ModelName::Popular, ModelName::ItemKnn, ModelName::Rp3beta, ModelName::Blend];
    let options = TuneOptions { k: 10, max_trials: 20, ..TuneOptions::new(7) };
    let started = Instant::now();
    let tuned = tune(&data, &families, &options, &|| started.elapsed().as_secs_f64(), &mut |progress| {
        // Called after each trial, and before each of the final cuts. Returning `false` ends the search.
        if progress.judging.is_none() {
            let trial = progress.trial;
            println!("trial {:2} ndcg@10 {:.4} {}", trial.number, trial.ndcg().unwrap_or(0.0), trial.spec.name());
        }
        true
    })?;

    println!("winner: {} {:?}", tuned.spec.name(), tuned.spec.params());
    println!("ndcg@10 on cuts that no trial used: {:.4}", tuned.validation_ndcg);
    Ok(())
}
