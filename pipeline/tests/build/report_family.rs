//! Families of reports on a random town, as an attacker would ask for them.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use zhihui_data::Zone;
use zhihui_engine::report::{MinGroupSize, Report, Targets};
use zhihui_pipeline::report::{ReportOptions, ReportQuery, report};

use super::home::{Home, limits, time};
use super::random_town::{AS_OF, BANDS, DISTRICTS, PARENTS};

/// A report with its period in days of the zone, the end exclusive.
pub(crate) struct Shown {
    pub(crate) report: Report,
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
}

pub(crate) async fn ask(home: &Home, min_size: MinGroupSize, change: impl FnOnce(&mut ReportQuery)) -> Option<Shown> {
    let options = ReportOptions {
        as_of: time(AS_OF),
        zone: Zone::default(),
        min_group_size: min_size,
        targets: Targets::default(),
        limits: limits(),
    };
    let mut query = ReportQuery::last_days(30, options.as_of, options.zone);
    change(&mut query);
    let report = report(&home.lake, &query, &options).await.ok()?;
    let day = |text: &str| options.zone.day(text.parse::<DateTime<Utc>>().expect("a time"));
    Some(Shown { from: day(&report.from), to: day(&report.to), report })
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

pub(crate) fn february(query: &mut ReportQuery) {
    (query.from, query.to) = (time("2026-01-31T16:00:00Z"), time("2026-02-28T16:00:00Z"));
}

/// Reports on the whole, its unions, bands and districts in February, and on months, weeks and other days.
pub(crate) async fn family(home: &Home, min_size: MinGroupSize, seed: u64) -> Vec<Shown> {
    let mut reports = vec![ask(home, min_size, february).await, ask(home, min_size, |_| {}).await];
    for union in 0..PARENTS.len() {
        reports.push(ask(home, min_size, |query| query.union = Some(format!("u{union}"))).await);
    }
    for (band, _) in BANDS {
        reports.push(ask(home, min_size, |query| query.age_band = Some(band.to_owned())).await);
    }
    for district in DISTRICTS {
        reports.push(ask(home, min_size, |query| query.district = Some(district.to_owned())).await);
    }
    let mut periods: Vec<(NaiveDate, i64)> =
        vec![(day("2026-01-01"), 31), (day("2026-01-01"), 59), (day("2026-01-20"), 30)];
    periods.extend((0..4).map(|week| (day("2026-02-02") + Duration::days(7 * week), 7)));
    // Days that depend on the seed, each next to another one.
    let start = day("2026-01-15") + Duration::days((seed * 11 % 25) as i64);
    periods.extend(
        [(0, 19), (0, 20), (1, 19), (0, 30), (1, 30), (5, 14)].map(|(by, length)| (start + Duration::days(by), length)),
    );
    for (from, length) in periods {
        let zone = Zone::default();
        let set = |query: &mut ReportQuery| {
            (query.from, query.to) = (zone.midnight(from), zone.midnight(from + Duration::days(length)));
        };
        reports.push(ask(home, min_size, set).await);
    }
    reports.into_iter().flatten().collect()
}
