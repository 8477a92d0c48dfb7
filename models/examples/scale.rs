//! How fit time and memory grow with the data: each model on 5,000, 50,000 and 500,000 made-up members.
//!
//! `cargo run --release -p zhihui-models --example scale -- [MODEL…]`. Each pair of model and size is a process of its own,
//! so that its peak memory is its own; the largest has 500,000 members, 50,000 items and 8 million entries.

#![expect(clippy::print_stdout, reason = "an example speaks on standard output")]

use std::error::Error;
use std::fs;
use std::process::Command;
use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_models::UserItems;
use zhihui_models::catalogue::{ModelName, ModelSpec, TrainingData};
use zhihui_models::evaluation::recommend;

const SEED: u64 = 7;
const SIZES: [usize; 3] = [5_000, 50_000, 500_000];
const MODELS: [&str; 7] = ["popular", "item_knn", "user_knn", "rp3beta", "gf_cf", "ials", "slim"];
/// Members of a community, who share most of what they touch.
const COMMUNITY: usize = 1_000;
const LISTED: u32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [model, members] = &arguments[..]
        && let Ok(members) = members.parse()
    {
        return fit(model.parse()?, members);
    }
    println!("model, members, entries, seconds to fit, microseconds an entry, ms a list, peak MB");
    let chosen: Vec<&str> = arguments.iter().map(String::as_str).collect();
    for model in if chosen.is_empty() { &MODELS[..] } else { &chosen[..] } {
        for members in SIZES {
            let status = Command::new(std::env::current_exe()?).args([model, &members.to_string()[..]]).status()?;
            if !status.success() {
                return Err(format!("{model} on {members} members: {status}").into());
            }
        }
    }
    Ok(())
}

fn fit(model: ModelName, members: usize) -> Result<(), Box<dyn Error>> {
    let data = TrainingData::new(made_up(members)?);
    let started = Instant::now();
    let fitted = ModelSpec::new(model).fit(&data, SEED)?;
    let seconds = started.elapsed().as_secs_f64();
    let listed: Vec<u32> = (0..LISTED).collect();
    let started = Instant::now();
    let lists = recommend(fitted.as_ref(), &data.interactions, &listed, 20);
    let each = started.elapsed().as_secs_f64() * 1e3 / lists.len() as f64;
    let entries = data.interactions.n_entries();
    println!(
        "{model}, {members}, {entries}, {seconds:.2}, {:.2}, {each:.2}, {}",
        seconds * 1e6 / entries as f64,
        peak_megabytes().map_or_else(|| "?".to_owned(), |peak| peak.to_string())
    );
    Ok(())
}

/// Ten members an item, 17 entries a member on average, four of five within the member's community, by a power law.
fn made_up(members: usize) -> Result<UserItems, Box<dyn Error>> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let items = members / 10;
    let own = items * COMMUNITY / members;
    let mut entries = Vec::new();
    for member in 0..members {
        let first = member / COMMUNITY * own;
        for _ in 0..4 + (40.0 * rng.r#gen::<f64>().powi(2)) as usize {
            let near = rng.gen_bool(0.8);
            let among = if near { own } else { items } as f64;
            let drawn = (among.powf(rng.r#gen::<f64>().powf(0.5)) - 1.0) as usize;
            entries.push((member as u32, (if near { first + drawn } else { drawn }) as u32, 1.0));
        }
    }
    Ok(UserItems::from_triplets(members, items, entries)?)
}

/// The most memory this process ever held, where the system tells.
fn peak_megabytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}
