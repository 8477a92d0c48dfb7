//! Times reports about the lake of a home, each for the first time and again, and writes them as JSON, to compare versions of the
//! program.
//!
//! `cargo run --release -p zhihui-pipeline --example report_times -- HOME AS_OF OUT_FOLDER [THREADS [REPEATS [REPORT…]]]`

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use zhihui_data::Zone;
use zhihui_engine::report::{MinGroupSize, Targets};
use zhihui_pipeline::lake::{Lake, LakeLocation};
use zhihui_pipeline::report::{Compare, ReportOptions, ReportQuery, ReportSources, ReportTables, report_from};
use zhihui_pipeline::sql::SessionLimits;

/// How often each report is made, unless it is said.
const REPEATS: u32 = 6;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [home, as_of, out, more @ ..] = &arguments[..] else {
        return Err("give the folder of a home, an instant and a folder for the reports".into());
    };
    let threads = more.first().map_or(Ok(2), |threads| threads.parse())?;
    let repeats: u32 = more.get(1).map_or(Ok(REPEATS), |repeats| repeats.parse())?;
    let chosen = more.get(2..).unwrap_or_default();
    let lake = Lake::open(&LakeLocation::Local(Path::new(home).join("lake"))).await?;
    let options = ReportOptions {
        as_of: as_of.parse()?,
        zone: Zone::default(),
        min_group_size: MinGroupSize::default(),
        targets: Targets::default(),
        limits: SessionLimits { memory_bytes: 4 << 30, threads, spill_dir: None },
    };
    std::fs::create_dir_all(out)?;
    let tables = ReportTables::new(options.limits.memory_bytes / 2);
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|chosen| chosen == name);
    for (name, query) in queries(&options).into_iter().filter(|(name, _)| is_chosen(name)) {
        let mut times = Vec::new();
        for _ in 0..repeats.max(2) {
            let started = (Instant::now(), processor_time()?);
            let report =
                report_from(&ReportSources { lake: &lake, in_memory: &tables, sent: &[] }, &query, &options).await;
            times.push((started.0.elapsed(), processor_time()? - started.1));
            let text = match report {
                Ok(report) => serde_json::to_string_pretty(&report)?,
                Err(error) => error.to_string(),
            };
            std::fs::write(Path::new(out).join(format!("{name}.json")), text)?;
        }
        let first = times.remove(0);
        times.sort();
        let (fastest, processor) =
            (times[0].0, times.iter().map(|time| time.1).sum::<Duration>() / (repeats.max(2) - 1));
        println!(
            "{name:20} first {} processor {}, then {} processor {}",
            millis(first.0),
            millis(first.1),
            millis(fastest),
            millis(processor)
        );
    }
    println!("{} MB of tables in memory", tables.bytes().await >> 20);
    Ok(())
}

/// Time of all threads of this process. The clock of Linux ticks every 10 ms.
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(10 * ticks))
}

fn millis(time: Duration) -> String {
    format!("{:7.1}", time.as_secs_f64() * 1e3)
}

/// The reports that pages request, and some that are rarer.
fn queries(options: &ReportOptions) -> Vec<(&'static str, ReportQuery)> {
    let day = |text: &str| -> DateTime<Utc> { format!("{text}T00:00:00+08:00").parse().unwrap_or_default() };
    let days = |days| ReportQuery::last_days(days, options.as_of, options.zone);
    let between = |from: &str, to: &str| ReportQuery { from: day(from), to: day(to), ..days(30) };
    let mut queries = vec![
        ("last_30_days", days(30)),
        ("last_7_days", days(7)),
        ("yesterday", days(1)),
        ("this_month", between("2026-11-01", "2026-11-29")),
        ("last_month", between("2026-10-01", "2026-11-01")),
        ("this_year", between("2026-01-01", "2026-11-29")),
        ("a_year", days(365)),
        ("against_last_year", ReportQuery { compare: Compare::LastYear, ..days(30) }),
        ("against_nothing", ReportQuery { compare: Compare::Nothing, ..days(90) }),
        ("early", between("2025-10-20", "2025-12-20")),
    ];
    for (name, union) in [("union", "U0001"), ("union_2", "U0007"), ("small_union", "U0900")] {
        queries.push((name, ReportQuery { union: Some(union.to_owned()), ..days(30) }));
    }
    queries.push(("district", ReportQuery { district: Some("朝阳区".to_owned()), ..days(30) }));
    queries.push(("age_band", ReportQuery { age_band: Some("25-34".to_owned()), ..days(30) }));
    queries.push((
        "combined",
        ReportQuery { age_band: Some("25-34".to_owned()), union: Some("U0001".to_owned()), ..days(30) },
    ));
    queries
}
