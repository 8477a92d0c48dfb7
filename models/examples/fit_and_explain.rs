//! Fits a recommender, lists its best items for a member, and explains the first of them.
//!
//! `cargo run --release -p zhihui-models --example fit_and_explain`

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::error::Error;

use zhihui_models::UserItems;
use zhihui_models::catalogue::{ModelName, ModelSpec, TrainingData};
use zhihui_models::evaluation::recommend;

/// The seed is an argument of every fit, so that a result can be reproduced.
const SEED: u64 = 7;

const ITEMS: [&str; 6] = ["badminton", "table tennis", "hiking", "legal advice", "insurance", "pensions"];

fn main() -> Result<(), Box<dyn Error>> {
    // Members 0 to 19 like sports (items 0 to 2), members 20 to 39 like benefits (items 3 to 5). Some items are still unread.
    let seen = |member: u32, item: u32| member / 20 == item / 3 && !(member * 7 + item * 3).is_multiple_of(4);
    let pairs = (0..40).flat_map(|member| (0..6).map(move |item| (member, item)));
    let entries = pairs.filter(|&(member, item)| seen(member, item)).map(|(member, item)| (member, item, 1.0));
    let data = TrainingData::new(UserItems::from_triplets(40, 6, entries)?);

    // A specification is a family and the parameters that differ from its defaults.
    let mut spec = ModelSpec::new(ModelName::Ials);
    spec.set("factors", 2.0)?;
    let model = spec.fit(&data, SEED)?;

    // `recommend` ranks all items and leaves out those that the member has already seen.
    let member = 4;
    let lists = recommend(model.as_ref(), &data.interactions, &[member], 2);
    let list = &lists[0];
    println!("recommended to member {member}: {:?}", list.iter().map(|&item| ITEMS[item as usize]).collect::<Vec<_>>());

    // The contributions of the history sum to the score. Families whose scores are not such a sum return `None`.
    let history = data.interactions.row(member as usize);
    let best = list.first().ok_or("no item is left to recommend")?;
    for (item, contribution) in model.explain(Some(member as usize), history, *best as usize).unwrap_or_default() {
        println!("  {:+.3} because of {}", contribution, ITEMS[item as usize]);
    }

    // A member who was not in the matrix is scored from a history alone.
    let newcomer = UserItems::from_triplets(1, 6, [(0, 3, 1.0)])?;
    let mut scores = vec![0.0; ITEMS.len()];
    model.score_into(None, newcomer.row(0), &mut scores);
    println!("scores for a new member who read about {}:", ITEMS[3]);
    for (item, score) in ITEMS.iter().zip(scores) {
        println!("  {score:+.3} {item}");
    }
    Ok(())
}
