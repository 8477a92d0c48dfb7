//! Attacks on single tables of the whole account: hours, active days, pairs of districts, and WeChat's articles beside ours.

use std::collections::BTreeMap;

use serde_json::Value;
use zhihui_engine::report::{MinGroupSize, Report, ReportTable};

use super::attacker::{Knowledge, Terms, few_of, less, sum};
use super::part_attacks::is_within;
use super::random_town::{ARTICLES, BANDS, DAYS, DISTRICTS, PARENTS, Windows};
use super::report_family::{Shown, day};

/// What follows from single tables of the reports.
pub(crate) fn few_in_lists(reports: &[Shown], windows: &Windows, min_size: MinGroupSize) -> Vec<String> {
    let is_february = |shown: &&Shown| shown.from == day("2026-02-01") && shown.to == day("2026-03-01");
    let of_month: Vec<&Report> = reports.iter().filter(is_february).map(|shown| &shown.report).collect();
    let whole = of_month.iter().find(|report| is_whole(report)).expect("the report on everybody");
    let mut few = few_in_hours(whole, min_size);
    few.extend(few_by_active_days(whole, min_size));
    few.extend(few_in_districts(&of_month, min_size));
    few.extend(few_by_first_month(reports, whole, min_size));
    few.extend(few_in_funnels(reports, min_size));
    few.extend(few_in_account_articles(reports, whole, windows, min_size));
    few
}

fn is_whole(report: &Report) -> bool {
    ["union", "age_band", "district"].iter().all(|name| !report.filters.contains_key(*name))
}

fn table<'a>(report: &'a Report, name: &str) -> &'a ReportTable {
    report.tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
}

fn value(report: &Report, name: &str) -> Option<f64> {
    report.metrics.iter().find(|metric| metric.name == name).and_then(|metric| metric.value)
}

fn one(name: &str) -> Terms {
    sum([name.to_owned()])
}

/// Each hour of the week has reads of readers; all hours have all reads.
fn few_in_hours(report: &Report, min_size: MinGroupSize) -> Vec<String> {
    let mut known = Knowledge::default();
    let (mut hidden, mut all, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    for row in &table(report, "hours").rows {
        for (weekday, cell) in row.iter().enumerate().skip(1).filter(|(_, cell)| cell.as_u64() != Some(0)) {
            let hour = format!("{} of weekday {weekday}", row[0]);
            let (reads, readers) = (format!("reads at {hour}"), format!("readers at {hour}"));
            known.not_negative(&less(&one(&reads), &one(&readers)));
            known.not_negative(&less(&one("readers"), &one(&readers)));
            match cell.as_f64() {
                Some(cell) => known.equal(&one(&reads), cell),
                None => hidden.push(reads.clone()),
            }
            asked.extend([(readers.clone(), one(&readers)), (reads.clone(), one(&reads))]);
            all.push((reads, readers));
        }
    }
    known.equal(&less(&one("reads"), &sum(all.iter().map(|(reads, _)| reads.clone()))), 0.0);
    known.not_negative(&less(&sum(all.into_iter().map(|(_, readers)| readers)), &one("readers")));
    for name in ["reads", "readers"] {
        if let Some(value) = value(report, name) {
            known.equal(&one(name), value);
        }
    }
    asked.push(("reads at all hidden hours".to_owned(), sum(hidden)));
    few_of(known, &asked, min_size)
}

/// Active members are divided by their days, of which the metrics show the mean.
fn few_by_active_days(report: &Report, min_size: MinGroupSize) -> Vec<String> {
    let mut known = Knowledge::default();
    let rows = &table(report, "active_days").rows;
    let name = |row: &[Value]| format!("members of {} days", row[0]);
    for row in rows {
        if let Some(members) = row[1].as_f64() {
            known.equal(&one(&name(row)), members);
        }
    }
    let active = sum(rows.iter().filter(|row| row[0] != "0").map(|row| name(row)));
    known.equal(&less(&active, &one("active")), 0.0);
    known.equal(&less(&sum(rows.iter().map(|row| name(row))), &one("members")), 0.0);
    let mean = report.metrics.iter().find(|metric| metric.name == "active_days").and_then(|metric| metric.value);
    if let Some(mean) = mean {
        // The days of all are within the limits of their classes.
        let days = |limit: usize| -> Terms {
            let limits = |row: &Vec<Value>| {
                let text = row[0].as_str().expect("a text").trim_start_matches('≥').trim();
                text.split('–').nth(limit).or(text.split('–').next()).expect("a number").parse::<f64>().expect("days")
            };
            rows.iter().map(|row| (limits(row), name(row))).collect()
        };
        let all: Terms = vec![(mean, "active".to_owned())];
        known.not_negative(&[less(&all, &days(0)), vec![(1e-6, "active".to_owned())]].concat());
        known.not_negative(&[less(&days(1), &all), vec![(1e-6, "active".to_owned())]].concat());
    }
    for (name, metric) in [("active", "active_members"), ("members", "members")] {
        if let Some(value) = value(report, metric) {
            known.equal(&one(name), value);
        }
    }
    let asked: Vec<(String, Terms)> = rows.iter().map(|row| (name(row), one(&name(row)))).collect();
    few_of(known, &asked, min_size)
}

/// Those who were active for the first time in January or February, and in January and in February as well.
fn few_by_first_month(reports: &[Shown], february: &Report, min_size: MinGroupSize) -> Vec<String> {
    let mut known = Knowledge::default();
    let [first_january, again, first_february] = ["first in January", "of them in February", "first in February"];
    known.not_negative(&less(&one(first_january), &one(again)));
    let rows = &table(february, "retention").rows;
    for (month, name) in [("2026-01", first_january), ("2026-02", first_february)] {
        let row = rows.iter().find(|row| row[0] == month);
        if let Some(members) = row.and_then(|row| row[1].as_f64()) {
            known.equal(&one(name), members);
            if let Some(share) = row.filter(|_| month == "2026-01").and_then(|row| row[2].as_f64()) {
                known.equal(&one(again), (share * members).round());
            }
        }
    }
    let in_february = sum([again, first_february].map(str::to_owned));
    let is_january = |shown: &&Shown| shown.from == day("2026-01-01") && shown.to == day("2026-02-01");
    let january = reports.iter().find(is_january).map(|shown| &shown.report);
    let are_both = |shown: &&Shown| shown.from == day("2026-01-01") && shown.to == day("2026-03-01");
    let both = reports.iter().find(are_both).map(|shown| &shown.report);
    let ever = sum([first_january, first_february].map(str::to_owned));
    let figures = [
        (both.and_then(|report| value(report, "active_members")), &ever),
        (both.and_then(|report| value(report, "new_members")), &ever),
        (value(february, "active_members"), &in_february),
        (value(february, "new_members"), &one(first_february)),
        (january.and_then(|report| value(report, "active_members")), &one(first_january)),
    ];
    for (value, terms) in figures {
        value.inspect(|value| known.equal(terms, *value));
    }
    let asked = [
        (first_january.to_owned(), one(first_january)),
        (again.to_owned(), one(again)),
        (first_february.to_owned(), one(first_february)),
        ("first in January and not in February".to_owned(), less(&one(first_january), &one(again))),
    ];
    few_of(known, &asked, min_size)
}

/// The members of each step of a funnel and those who did not take it are both large.
fn few_in_funnels(reports: &[Shown], min_size: MinGroupSize) -> Vec<String> {
    let funnels = reports.iter().filter_map(|shown| {
        let rows = &shown.report.tables.iter().find(|table| table.name == "funnel")?.rows;
        Some((shown, rows.first()?[3].as_f64()?, rows))
    });
    funnels
        .flat_map(|(shown, pushed, rows)| {
            let steps = rows.iter().filter_map(move |row| Some((row[0].as_str()?, row[3].as_f64()?)));
            let small = move |(step, members): &(&str, f64)| {
                min_size.hides(*members as u64) || *step != "pushed" && min_size.hides((pushed - members) as u64)
            };
            steps.filter(small).map(move |(step, members)| format!("{step} from {}: {members} of {pushed}", shown.from))
        })
        .collect()
}

/// A union, an age band, a home and a work district.
type Cell = (usize, &'static str, &'static str, &'static str);

const UNKNOWN: &str = "unknown";

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (union, (band, _)) in (0..PARENTS.len()).flat_map(|union| BANDS.map(|band| (union, band))) {
        for home in DISTRICTS.into_iter().chain([UNKNOWN]) {
            cells.extend(DISTRICTS.map(|work| (union, band, home, work)));
        }
    }
    cells
}

fn district(cell: &Cell) -> &'static str {
    if cell.2 == UNKNOWN { cell.3 } else { cell.2 }
}

/// Members of pairs of districts, next to the members of unions, age bands and the districts of reports.
fn few_in_districts(reports: &[&Report], min_size: MinGroupSize) -> Vec<String> {
    let mut known = Knowledge::default();
    let mut groups: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
    let mut group = |name: String, is_in: &dyn Fn(&Cell) -> bool| -> Terms {
        let cells: Vec<Cell> = cells().into_iter().filter(is_in).collect();
        groups.insert(name, cells.clone());
        sum(cells.iter().map(|cell| format!("{cell:?}")))
    };
    for report in reports {
        let filter = |name: &str| report.filters.get(name).and_then(Value::as_str).map(str::to_owned);
        let (top, band, in_district) = (filter("union"), filter("age_band"), filter("district"));
        let name = format!("{top:?} {band:?} {in_district:?}");
        let scope = group(name, &|cell| {
            top.as_ref().is_none_or(|top| is_within(cell.0, top))
                && band.as_ref().is_none_or(|band| cell.1 == band)
                && in_district.as_ref().is_none_or(|in_district| district(cell) == in_district)
        });
        if let Some(members) = value(report, "members") {
            known.equal(&scope, members);
        }
    }
    let whole = reports.iter().find(|report| is_whole(report)).expect("the report on everybody");
    for row in &table(whole, "unions").rows {
        let of_union = group(row[0].to_string(), &|cell| is_within(cell.0, row[0].as_str().expect("an id")));
        row[2].as_f64().inspect(|members| known.equal(&of_union, *members));
    }
    for row in &table(whole, "age_bands").rows {
        let of_band = group(row[0].to_string(), &|cell| cell.1 == row[0]);
        row[1].as_f64().inspect(|members| known.equal(&of_band, *members));
    }
    for row in &table(whole, "districts").rows {
        let pair = group(format!("{} {}", row[0], row[1]), &|cell| row[0] == cell.2 && row[1] == cell.3);
        row[2].as_f64().inspect(|members| known.equal(&pair, *members));
    }
    let asked: Vec<(String, Terms)> = groups
        .iter()
        .flat_map(|(name, cells)| {
            let inside = sum(cells.iter().map(|cell| format!("{cell:?}")));
            let outside =
                sum(self::cells().iter().filter(|cell| !cells.contains(cell)).map(|cell| format!("{cell:?}")));
            [(format!("members in {name}"), inside), (format!("members outside {name}"), outside)]
        })
        .collect();
    few_of(known, &asked, min_size)
}

/// Readers and sharers of articles on the days of WeChat's figures, next to those of the month.
fn few_in_account_articles(
    reports: &[Shown],
    month: &Report,
    windows: &Windows,
    min_size: MinGroupSize,
) -> Vec<String> {
    let articles = || ARTICLES.iter().map(|(article, _)| *article);
    let readers = articles().map(|article| (article, "readers", 5, 2));
    let sharers = articles().map(|article| (article, "sharers", 8, 4));
    readers
        .chain(sharers)
        .flat_map(|(article, people, ours, of_month)| {
            let listed = table(month, "articles").rows.iter().find(|row| row[0] == article);
            let known_of_month = listed.and_then(|row| row[of_month].as_f64());
            let times = listed.filter(|_| people == "readers").and_then(|row| row[3].as_f64());
            let mut shown: BTreeMap<&[&str], f64> = BTreeMap::new();
            let tables = reports.iter().flat_map(|shown| &shown.report.tables);
            for row in tables.filter(|table| table.name == "account_articles").flat_map(|table| &table.rows) {
                if let Some(count) = row[ours].as_f64().filter(|_| row[0] == article) {
                    let window = &windows[&(article, row[3].as_str().expect("a generation").to_owned())];
                    let before = shown.insert(window, count);
                    assert!(
                        before.is_none_or(|before| before == count),
                        "{article} depends on the period of the report"
                    );
                }
            }
            let few = few_in_windows(&shown, known_of_month, times, min_size);
            few.into_iter().map(move |few| format!("{people} of {article}: {few}"))
        })
        .collect()
}

/// What the people of each window of days, with all days of each of them, reveal about other days of February.
fn few_in_windows(
    windows: &BTreeMap<&[&str], f64>,
    of_month: Option<f64>,
    times: Option<f64>,
    min_size: MinGroupSize,
) -> Vec<String> {
    let february: Vec<&str> = DAYS.into_iter().filter(|day| day.starts_with("2026-02")).collect();
    let on = |day: &str| format!("on {day}");
    let all = || sum(february.iter().map(|day| on(day)));
    let mut known = Knowledge::default();
    let mut asked: Vec<(String, Terms)> = february.iter().map(|day| (on(day), one(&on(day)))).collect();
    of_month.inspect(|people| known.equal(&one("of the month"), *people));
    times.inspect(|times| known.equal(&one("times"), *times));
    known.not_negative(&less(&one("times"), &all()));
    known.not_negative(&less(&all(), &one("of the month")));
    february.iter().for_each(|day| known.not_negative(&less(&one("of the month"), &one(&on(day)))));
    for (window, days) in windows {
        let people = format!("in {window:?}");
        let inside = sum(window.iter().map(|day| on(day)));
        let outside = less(&all(), &inside);
        known.equal(&inside, *days);
        known.not_negative(&less(&inside, &one(&people)));
        window.iter().for_each(|day| known.not_negative(&less(&one(&people), &one(&on(day)))));
        let others = less(&one("of the month"), &one(&people));
        known.not_negative(&others);
        known.not_negative(&less(&outside, &others));
        asked.extend([(format!("of the month, but not {people}"), others), (format!("days not {people}"), outside)]);
        for narrower in windows.keys().filter(|narrower| narrower.iter().all(|day| window.contains(day))) {
            let rest = window.iter().filter(|day| !narrower.contains(day)).map(|day| on(day));
            asked.push((format!("days {people}, but not in {narrower:?}"), sum(rest)));
        }
    }
    few_of(known, &asked, min_size)
}
