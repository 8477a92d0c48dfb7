//! Fits recommenders on a plain `user,item` file and measures them on another.
//!
//! `cargo run --release -p zhihui-models --example evaluate_csv -- train.csv test.csv gf_cf rp3beta.alpha=0.6 …`
//! where ids are small whole numbers and the first line is a header.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

use std::error::Error;
use std::fs;
use std::time::Instant;

use zhihui_models::Recommender;
use zhihui_models::UserItems;
use zhihui_models::evaluation::evaluate;
use zhihui_models::recommenders::{gf_cf::*, item_knn::*, popularity::*, rp3beta::*, user_knn::*};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [train, test, models @ ..] = &arguments[..] else {
        return Err("usage: evaluate_csv TRAIN TEST MODEL…".into());
    };
    let (train, test) = (read(train)?, read(test)?);
    let n = |pairs: &[(u32, u32)]| pairs.iter().fold((0, 0), |(u, i), p| (u.max(p.0 + 1), i.max(p.1 + 1)));
    let (users, items) = n(&train);
    let (test_users, test_items) = n(&test);
    let matrix = |pairs: Vec<(u32, u32)>, users: u32, items: u32| {
        UserItems::from_triplets(users as usize, items as usize, pairs.into_iter().map(|(u, i)| (u, i, 1.0)))
    };
    let train = matrix(train, users, items)?;
    let test = matrix(test, users.max(test_users), items.max(test_items))?;
    for model in models {
        let started = Instant::now();
        let fitted: Box<dyn Recommender> = match model.as_str() {
            "popular" => Box::new(PopularityParams::default().fit(&train)?),
            "gf_cf" => Box::new(GfCfParams::default().fit(&train, 1)?),
            "gf_soft" => {
                Box::new(GfCfParams { vectors: 800, alpha: 0.5, softness: 1.0, degree_exponent: 0.05 }.fit(&train, 1)?)
            }
            "rp3beta" => {
                Box::new(Rp3BetaParams { neighbours: 777, alpha: 0.566, beta: 0.00109, normalise: 1 }.fit(&train)?)
            }
            "item_knn" => Box::new(ItemKnnParams::default().fit(&train)?),
            "user_knn" => Box::new(UserKnnParams::default().fit(&train)?),
            _ => return Err("model".into()),
        };
        let fit = started.elapsed();
        let evaluation = evaluate(fitted.as_ref(), &train, &test, &[20], None)?;
        let s = evaluation.summary();
        println!("{model}: fit {fit:.2?} evaluate {:.2?} {s:.5?}", started.elapsed() - fit);
    }
    Ok(())
}

fn read(path: &str) -> Result<Vec<(u32, u32)>, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let pair = |line: &str| -> Option<(u32, u32)> {
        let mut fields = line.split(',').map(str::trim);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Ok(text.lines().skip(1).filter_map(pair).collect())
}
