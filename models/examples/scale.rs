//! Measures how fit time and memory grow with the data: each model on 5,000 to 500,000 synthetic members, and on a
//! million members with 50 million events.
//!
//! `cargo run --release -p zhihui-models --example scale -- [MODEL…] [MEMBERS…]`. Each pair of model and size runs in
//! its own process, to measure its own peak memory. If a model rejects a size, the reason is printed.

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::error::Error;
use std::fs;
use std::process::Command;
use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_models::UserItems;
use zhihui_models::catalogue::{ModelName, ModelSpec, Setting, TrainingData};
use zhihui_models::evaluation::{Event, recommend};

const SEED: u64 = 7;
const SIZES: [usize; 4] = [5_000, 50_000, 500_000, 1_000_000];
/// Members of a community, who share most of their items.
const COMMUNITY: usize = 1_000;
/// One member in this many is an account with up to `HEAVY_EVENTS` items.
const HEAVY: usize = 5_000;
const HEAVY_EVENTS: usize = 5_000;
const TOPICS: u32 = 40;
const LISTED: u32 = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (settings, others): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|text| text.contains('='));
    if let [one, model, members] = &others[..]
        && *one == "one"
    {
        let settings: Vec<Setting> = settings.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        return fit(&ModelSpec::with_settings(model.parse()?, &settings)?, members.parse()?);
    }
    println!(
        "model, members, events, seconds to fit, of which processors were busy, seconds for 1,000 lists, MB of the data, peak MB"
    );
    let (sizes, names): (Vec<&String>, Vec<&String>) = others.iter().partition(|text| text.parse::<usize>().is_ok());
    let models = names.iter().map(|name| name.parse()).collect::<Result<Vec<ModelName>, _>>()?;
    for model in if models.is_empty() { ModelName::ALL.to_vec() } else { models } {
        for members in SIZES.map(|size| size.to_string()) {
            if !(sizes.is_empty() || sizes.contains(&&members)) {
                continue;
            }
            let mut command = Command::new(std::env::current_exe()?);
            let status = command.args(["one", model.as_str(), &members]).args(&settings).status()?;
            if !status.success() {
                return Err(format!("{model} on {members} members: {status}").into());
            }
        }
    }
    Ok(())
}

fn fit(spec: &ModelSpec, members: usize) -> Result<(), Box<dyn Error>> {
    let items = items(members);
    let events = made_up(members, items);
    let data = TrainingData::from_events(members, items, &events)?;
    let n_events = events.len();
    drop(events);
    let topics = (0..items as u32).flat_map(|item| [(item, item % TOPICS, 1.0), (item, TOPICS + item % 7, 0.5)]);
    let data = data.with_attributes(UserItems::from_triplets(items, TOPICS as usize + 7, topics)?)?;
    // Resets the kernel's peak memory counter.
    let counted = fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = megabytes("VmRSS:").unwrap_or(0);
    let (started, busy) = (Instant::now(), busy_seconds());
    let fitted = match spec.fit(&data, SEED) {
        Ok(fitted) => fitted,
        Err(refused) => {
            println!("{}, {members}, {n_events}, refused: {refused}", spec.name());
            return Ok(());
        }
    };
    let (seconds, busy) = (started.elapsed().as_secs_f64(), busy_seconds() - busy);
    let listed: Vec<u32> = (0..LISTED).map(|n| (n as usize * (members / LISTED as usize)) as u32).collect();
    let started = Instant::now();
    let lists = recommend(fitted.as_ref(), &data.interactions, &listed, 20);
    let listing = started.elapsed().as_secs_f64() * 1e3 / lists.len() as f64;
    let peak = megabytes("VmHWM:").filter(|_| counted).map_or_else(|| "?".to_owned(), |peak| peak.to_string());
    println!("{}, {members}, {n_events}, {seconds:.2}, {busy:.2}, {listing:.2}, {before}, {peak}", spec.name());
    Ok(())
}

/// One item for every ten members, at most 50,000 items.
fn items(members: usize) -> usize {
    (members / 10).min(50_000)
}

/// 17 events per member on average, 50 for a million members. Four of five are within the member's community.
/// Popularity follows a power law.
fn made_up(members: usize, items: usize) -> Vec<Event> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let more = if members < 1_000_000 { 40.0 } else { 138.0 };
    let own = (items * COMMUNITY / members).max(1);
    let mut events = Vec::new();
    for member in 0..members {
        let first = member / COMMUNITY * own;
        let usual = 4 + (more * rng.r#gen::<f64>().powi(2)) as usize;
        let heavy = member % HEAVY == HEAVY / 2;
        for _ in 0..if heavy { HEAVY_EVENTS.min(items / 2) } else { usual } {
            let near = !heavy && rng.gen_bool(0.8);
            let drawn = if heavy {
                rng.gen_range(0..items)
            } else {
                let among = if near { own } else { items } as f64;
                (among.powf(rng.r#gen::<f64>().powf(0.5)) - 1.0) as usize
            };
            let item = (if near { first + drawn } else { drawn }) as u32;
            events.push(Event { user: member as u32, item, weight: 1.0, at: rng.gen_range(0..86_400 * 365) });
        }
    }
    events.shrink_to_fit();
    events
}

/// CPU seconds of all threads of this process, in hundredths; 0 if the system does not report them.
fn busy_seconds() -> f64 {
    let status = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name, in brackets, may contain spaces.
    let fields = status.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// A line of the process's status in megabytes, if the system reports it.
fn megabytes(line: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|found| found.strip_prefix(line))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}
