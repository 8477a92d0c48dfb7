//! Attacks on random families of reports: from all that is shown, no number of people from 1 to the minimum less one follows.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use zhihui_data::Zone;
use zhihui_engine::report::{MinGroupSize, Report, Targets};
use zhihui_pipeline::report::{ReportOptions, ReportQuery, report};

use super::attacker::{Knowledge, Terms, sum};
use super::home::{Home, limits, time};
use super::published::{By, FIGURES, INCLUDED, Number, TIMES, is_added_over_days};
use super::random_town::{ACTIVITIES, ARTICLES, AS_OF, BANDS, DAYS, DISTRICTS, PARENTS, random_town};

/// Number of random towns.
const TOWNS: u64 = 2;

/// A report with its period in days of the zone, the end exclusive.
struct Shown {
    report: Report,
    from: NaiveDate,
    to: NaiveDate,
}

async fn ask(home: &Home, min_size: MinGroupSize, change: impl FnOnce(&mut ReportQuery)) -> Option<Shown> {
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

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn february(query: &mut ReportQuery) {
    (query.from, query.to) = (time("2026-01-31T16:00:00Z"), time("2026-02-28T16:00:00Z"));
}

/// A union, an age band and a district.
type Cell = (usize, &'static str, &'static str);

fn cells() -> Vec<Cell> {
    let of_union = |union| BANDS.iter().flat_map(move |band| DISTRICTS.map(|district| (union, band.0, district)));
    (0..PARENTS.len()).flat_map(of_union).collect()
}

fn is_within(union: usize, top: &str) -> bool {
    format!("u{union}") == top || PARENTS[union].is_some_and(|parent| is_within(parent, top))
}

/// The groups of the fixed hierarchies, each with its cells: all, unions with and without those below, bands and districts.
fn groups() -> Vec<(String, Vec<Cell>)> {
    let mut groups: Vec<(String, Vec<Cell>)> = vec![("all".to_owned(), cells())];
    let mut add = |name: String, is_in: &dyn Fn(&Cell) -> bool| {
        groups.push((name.clone(), cells().into_iter().filter(is_in).collect()));
        groups.push((format!("all but {name}"), cells().into_iter().filter(|cell| !is_in(cell)).collect()));
    };
    for union in 0..PARENTS.len() {
        add(format!("u{union}"), &|cell| is_within(cell.0, &format!("u{union}")));
        add(format!("u{union} alone"), &|cell| cell.0 == union);
    }
    BANDS.iter().for_each(|band| add(band.0.to_owned(), &|cell| cell.1 == band.0));
    DISTRICTS.iter().for_each(|district| add((*district).to_owned(), &|cell| cell.2 == *district));
    groups
}

/// The name of an unknown number: a measure of the members of a cell.
fn unknown(measure: &str, cell: &Cell) -> String {
    format!("{measure} of {cell:?}")
}

fn of(measure: &str, cells: &[Cell]) -> Terms {
    sum(cells.iter().map(|cell| unknown(measure, cell)))
}

fn less(one: &Terms, other: &Terms) -> Terms {
    one.iter().cloned().chain(other.iter().map(|(factor, name)| (-factor, name.clone()))).collect()
}

/// The measure of a number: narrowed to the item or the topic of its row.
fn measure_of(measure: &str, number: &Number) -> String {
    let item = number.by.iter().find(|(by, _)| matches!(by, By::Item | By::Topic));
    item.map_or_else(|| measure.to_owned(), |(_, item)| format!("{measure} of {item}"))
}

/// Measures narrowed to what contains them: items in topics, and everything in the whole.
fn containing(times: &str, people: &str) -> Vec<(String, Vec<String>, bool)> {
    let of = |measure: &str, items: &[&str]| items.iter().map(|item| format!("{measure} of {item}")).collect();
    let sets: Vec<(String, Vec<&str>)> = if people == "readers" {
        let of_topic = |topic: &str| {
            ARTICLES.iter().filter(|article| article.1.contains(&topic)).map(|article| article.0).collect()
        };
        let all = ARTICLES.iter().map(|article| article.0).collect();
        vec![(" of tea".into(), of_topic("tea")), (" of milk".into(), of_topic("milk")), (String::new(), all)]
    } else {
        vec![(String::new(), ACTIVITIES.to_vec())]
    };
    let mut found: Vec<(String, Vec<String>, bool)> =
        sets.iter().map(|(name, items)| (format!("{people}{name}"), of(people, items), false)).collect();
    found.extend(sets.iter().map(|(name, items)| (format!("{times}{name}"), of(times, items), true)));
    found
}

/// What follows about groups of members in a month from all reports on parts of the account.
fn few_in_parts(reports: &[Shown], times: &str, people: &str, min_size: MinGroupSize) -> Vec<String> {
    let mut known = Knowledge::default();
    let mut measures: BTreeSet<String> = [times, people, "active", "members"].map(str::to_owned).into();
    let mut pairs: Vec<(String, String)> = INCLUDED
        .iter()
        .filter(|(inner, outer)| [*inner, *outer].iter().all(|name| [people, "active", "members"].contains(name)))
        .map(|(inner, outer)| ((*inner).to_owned(), (*outer).to_owned()))
        .collect();
    for (outer, inner, is_times) in containing(times, people) {
        for cell in cells() {
            let rest = less(&sum([unknown(&outer, &cell)]), &sum(inner.iter().map(|inner| unknown(inner, &cell))));
            if is_times {
                known.equal(&rest, 0.0);
            } else {
                // Nobody is counted who read none of the articles.
                known.not_negative(&less(&Vec::new(), &rest));
            }
        }
        if !is_times {
            pairs.extend(inner.iter().map(|inner| (inner.clone(), outer.clone())));
            pairs.extend((outer != people).then(|| (outer.clone(), people.to_owned())));
        }
        measures.extend(inner.into_iter().chain([outer]));
    }
    let people_of: Vec<String> = measures.iter().filter(|name| name.starts_with(people)).cloned().collect();
    let with_times = people_of.iter().map(|name| (name.clone(), name.replacen(people, times, 1)));
    for (inner, outer) in pairs.iter().cloned().chain(with_times) {
        for cell in cells() {
            known.not_negative(&less(&sum([unknown(&outer, &cell)]), &sum([unknown(&inner, &cell)])));
        }
    }
    for shown in reports.iter().filter(|shown| shown.from == day("2026-02-01") && shown.to == day("2026-03-01")) {
        let filter = |name: &str| shown.report.filters.get(name).and_then(serde_json::Value::as_str);
        let in_scope = |cell: &Cell| {
            filter("union").is_none_or(|union| is_within(cell.0, union))
                && filter("age_band").is_none_or(|band| cell.1 == band)
                && filter("district").is_none_or(|district| cell.2 == district)
        };
        for figure in FIGURES.iter().filter(|figure| !figure.is_by(By::Day)) {
            for number in figure.numbers(&shown.report) {
                let measure = measure_of(figure.measure, &number);
                let is_in = |cell: &Cell| {
                    in_scope(cell)
                        && number.by.iter().all(|(by, name)| match by {
                            By::Union => is_within(cell.0, name),
                            By::AgeBand => cell.1 == name,
                            By::Item | By::Topic | By::Day => true,
                        })
                };
                if measures.contains(&measure) {
                    known.equal(&of(&measure, &cells().into_iter().filter(is_in).collect::<Vec<Cell>>()), number.value);
                }
            }
        }
    }
    let mut asked: Vec<(String, Terms)> = Vec::new();
    for (name, cells) in groups() {
        asked.extend(measures.iter().map(|measure| (format!("{measure} in {name}"), of(measure, &cells))));
        asked.extend(pairs.iter().map(|(inner, outer)| {
            (format!("{outer} but not {inner} in {name}"), less(&of(outer, &cells), &of(inner, &cells)))
        }));
    }
    few_of(known, &asked, min_size)
}

/// The numbers that are proven to be of few people.
fn few_of(known: Knowledge, asked: &[(String, Terms)], min_size: MinGroupSize) -> Vec<String> {
    let terms: Vec<&[(i32, String)]> = asked.iter().map(|(_, terms)| terms.as_slice()).collect();
    let mut solved = known.solved(&terms);
    let mut few = Vec::new();
    for (name, terms) in asked {
        let least = solved.least(terms);
        if least >= 1
            && let Some(greatest) = solved.greatest(terms).filter(|greatest| min_size.hides(*greatest as u64))
        {
            few.push(format!("{name}: {least} to {greatest}"));
        }
    }
    few
}

/// A range of the days on which anybody does anything.
type DayRange = (usize, usize);

fn range(from: NaiveDate, to: NaiveDate) -> DayRange {
    let before = |end: NaiveDate| DAYS.iter().filter(|active| day(active) < end).count();
    (before(from), before(to))
}

fn in_range(measure: &str, (from, to): DayRange) -> Terms {
    if is_added_over_days(measure) {
        return sum((from..to).map(|at| format!("{measure} on {at}")));
    }
    if from >= to { Vec::new() } else { sum([format!("{measure} from {from} to {to}")]) }
}

/// What follows about what all members did on some days from all reports on the whole account.
fn few_on_days(reports: &[Shown], measure: &str, min_size: MinGroupSize) -> Vec<String> {
    let mut known = Knowledge::default();
    let n = DAYS.len();
    let ranges: Vec<DayRange> = (0..n).flat_map(|from| (from + 1..=n).map(move |to| (from, to))).collect();
    let people = TIMES.iter().find(|(times, _)| *times == measure).map_or(measure, |(_, people)| people);
    let measures: BTreeSet<&str> = [measure, people].into();
    for &(from, to) in &ranges {
        for name in measures.iter().filter(|name| !is_added_over_days(name)) {
            let wider = [(from.wrapping_sub(1), to), (from, to + 1)];
            for wider in wider.into_iter().filter(|wider| ranges.contains(wider)) {
                known.not_negative(&less(&in_range(name, wider), &in_range(name, (from, to))));
            }
            // Whom both of two ranges count, their overlap counts or nobody does twice.
            if to - from >= 2 {
                let parts: Terms = [in_range(name, (from, to - 1)), in_range(name, (from + 1, to))].concat();
                let both = [in_range(name, (from, to)), in_range(name, (from + 1, to - 1))].concat();
                known.not_negative(&less(&parts, &both));
            }
        }
        if measure != people {
            known.not_negative(&less(&in_range(measure, (from, to)), &in_range(people, (from, to))));
        }
    }
    let mut shown_ranges: BTreeSet<DayRange> = BTreeSet::new();
    let whole =
        |shown: &&Shown| ["union", "age_band", "district"].iter().all(|name| !shown.report.filters.contains_key(*name));
    for shown in reports.iter().filter(whole) {
        for figure in FIGURES.iter().filter(|figure| measures.contains(figure.measure)) {
            let mut values: Vec<(DayRange, f64)> = Vec::new();
            for number in figure.numbers(&shown.report) {
                match number.by.as_slice() {
                    [] => values.push((range(shown.from, shown.to), number.value)),
                    [(By::Day, name)] => values.push((range(day(name), day(name) + Duration::days(1)), number.value)),
                    _ => {}
                }
            }
            let before = shown.from - (shown.to - shown.from);
            values.extend(figure.previous(&shown.report).map(|value| (range(before, shown.from), value)));
            for (range, value) in values {
                known.equal(&in_range(figure.measure, range), value);
                shown_ranges.insert(range);
            }
        }
    }
    let mut asked: Vec<(String, Terms)> = Vec::new();
    for &outer in &ranges {
        asked.push((format!("{measure} in {outer:?}"), in_range(measure, outer)));
        if is_added_over_days(measure) {
            continue;
        }
        let inside = |inner: &&DayRange| outer.0 <= inner.0 && inner.1 <= outer.1 && **inner != outer;
        for &inner in ranges.iter().filter(inside) {
            let difference = less(&in_range(measure, outer), &in_range(measure, inner));
            asked.push((format!("{measure} in {outer:?} but not in {inner:?}"), difference));
        }
        for at in outer.0 + 1..outer.1 {
            let parts = [in_range(measure, (outer.0, at)), in_range(measure, (at, outer.1))].concat();
            asked.push((
                format!("{measure} on both sides of {at} in {outer:?}"),
                less(&parts, &in_range(measure, outer)),
            ));
        }
    }
    few_of(known, &asked, min_size)
}

/// Reports on the whole, its unions, bands and districts in February, and on months, weeks and other days.
async fn family(home: &Home, min_size: MinGroupSize, seed: u64) -> Vec<Shown> {
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

fn all_few(reports: &[Shown], min_size: MinGroupSize) -> Vec<String> {
    let mut few = few_in_parts(reports, "reads", "readers", min_size);
    few.extend(few_in_parts(reports, "sign_ups", "signers", min_size));
    for measure in [
        "readers",
        "reads",
        "active",
        "first_active",
        "sharers",
        "shares",
        "signers",
        "sign_ups",
        "attendees",
        "attended",
    ] {
        few.extend(few_on_days(reports, measure, min_size));
    }
    few
}

#[tokio::test(flavor = "multi_thread")]
async fn no_family_of_reports_reveals_a_small_group() {
    let min_size = MinGroupSize::default();
    let mut shown = 0;
    for seed in 0..TOWNS {
        let reports = family(&random_town(seed).await, min_size, seed).await;
        let numbers = |figure: &super::published::Figure| {
            reports.iter().map(|shown| figure.numbers(&shown.report).len()).sum::<usize>()
        };
        shown += FIGURES.iter().map(numbers).sum::<usize>();
        let few = all_few(&reports, min_size);
        assert!(few.is_empty(), "town {seed}: {few:#?}");
    }
    assert!(shown > 400, "only {shown} numbers are shown, which is too few to be useful");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attacker_finds_groups_that_a_lower_minimum_reveals() {
    let (five, ten) = (MinGroupSize::try_from(5).expect("enough"), MinGroupSize::default());
    let mut found = Vec::new();
    for seed in 0..1 {
        found.extend(all_few(&family(&random_town(seed).await, five, seed).await, ten));
    }
    for what in [" in u", " but not ", " of ", " in (", " in all but "] {
        assert!(found.iter().any(|few| few.contains(what)), "nothing with {what}: {found:#?}");
    }
}
