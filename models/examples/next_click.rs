//! Predicts the last click of every member of a click log from what was popular just before it.
//!
//! `zcat -f clicks_hour_*.csv.gz | cargo run --release -p zhihui-models --example next_click -- USER ITEM TIME
//! [HOURS]…`
//!
//! The arguments name columns of the header. Times are Unix milliseconds, and repeated headers of further files are
//! skipped.

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, stdin};

use zhihui_models::evaluation::{Event, Metric, RecentPopularity};

const HOUR: i64 = 3_600_000;
const REFRESH: i64 = 120_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [user, item, time, hours @ ..] = &arguments[..] else {
        return Err(
            "usage: next_click USER ITEM TIME [HOURS]… with column names of the header on standard input".into()
        );
    };
    let mut lines = stdin().lock().lines();
    let header = lines.next().ok_or("no header on standard input")??;
    let place = |name: &str| {
        header.split(',').position(|field| field == name).ok_or_else(|| format!("no column {name} in {header}"))
    };
    let [user, item, time] = [place(user)?, place(item)?, place(time)?];
    let (mut users, mut items) = (HashMap::new(), HashMap::new());
    let mut events = Vec::new();
    for line in lines {
        let line = line?;
        if line == header {
            continue;
        }
        let fields: Vec<&str> = line.split(',').collect();
        let field = |place: usize| fields.get(place).copied().ok_or_else(|| format!("too few fields: {line}"));
        let at = field(time)?.parse()?;
        let (user, item) = (index(&mut users, field(user)?), index(&mut items, field(item)?));
        events.push(Event { user, item, weight: 1.0, at });
    }
    println!("{} events, {} members, {} items", events.len(), users.len(), items.len());
    let hours: Vec<i64> = if hours.is_empty() {
        vec![1, 6, 24]
    } else {
        hours.iter().map(|hours| hours.parse()).collect::<Result<_, _>>()?
    };
    for hours in hours {
        let popularity = RecentPopularity { window: hours * HOUR, refresh: REFRESH };
        let evaluation = popularity.predict_last_events(users.len(), items.len(), &events, &[5, 20])?;
        println!(
            "last {hours} h: mrr@5 {:.4}, hit_rate@5 {:.4}, hit_rate@20 {:.4}",
            evaluation.mean(Metric::Mrr, 5)?,
            evaluation.mean(Metric::HitRate, 5)?,
            evaluation.mean(Metric::HitRate, 20)?
        );
    }
    Ok(())
}

fn index(known: &mut HashMap<String, u32>, id: &str) -> u32 {
    if let Some(&index) = known.get(id) {
        return index;
    }
    let index = known.len() as u32;
    known.insert(id.to_owned(), index);
    index
}
