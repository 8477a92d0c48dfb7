//! Differencing attacks on reports: no combination of reports discloses a count of one to nine people.

use std::collections::BTreeSet;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use zhihui_data::{Table, Zone};
use zhihui_engine::report::{MetricValue, MinGroupSize, Report, Targets};
use zhihui_pipeline::report::{Compare, ReportError, ReportOptions, ReportQuery, report};

use super::home::{Home, limits, time};

const AS_OF: &str = "2026-03-20T02:00:00Z";

fn options() -> ReportOptions {
    ReportOptions {
        as_of: time(AS_OF),
        zone: Zone::default(),
        min_group_size: MinGroupSize::default(),
        targets: Targets::default(),
        limits: limits(),
    }
}

pub(crate) async fn ask(home: &Home, change: impl FnOnce(&mut ReportQuery)) -> Result<Report, ReportError> {
    let options = options();
    let mut query = ReportQuery::last_days(30, options.as_of, options.zone);
    change(&mut query);
    report(&home.lake, &query, &options).await
}

pub(crate) fn metric<'a>(report: &'a Report, name: &str) -> &'a MetricValue {
    report.metrics.iter().find(|metric| metric.name == name).expect("a metric")
}

/// A member, and whether the member read in February.
struct Person {
    union: usize,
    district: &'static str,
    born: i32,
    reads: bool,
}

/// Six unions: two below the first, one below the second.
const PARENTS: [Option<usize>; 6] = [None, Some(0), Some(0), Some(1), None, None];
const DISTRICTS: [&str; 3] = ["朝阳", "通州", "怀柔"];

async fn town(people: &[Person]) -> Home {
    let home = Home::new().await;
    let union =
        |at: usize| json!({"union_id": format!("u{at}"), "parent_union_id": PARENTS[at].map(|at| format!("u{at}"))});
    home.add(Table::Unions, &(0..PARENTS.len()).map(union).collect::<Vec<Value>>()).await;
    let member = |(at, person): (usize, &Person)| {
        json!({"member_id": format!("m{at:03}"), "union_id": format!("u{}", person.union), "home_district": person.district,
               "birth_date": format!("{}-01-01", person.born)})
    };
    home.add(Table::Members, &people.iter().enumerate().map(member).collect::<Vec<Value>>()).await;
    home.add(Table::Articles, &[json!({"article_id": "a1", "title": "Tea", "topics": ["tea"]})]).await;
    let reads = people.iter().enumerate().filter(|(_, person)| person.reads);
    let read = |(at, _): (usize, &Person)| json!({"member_id": format!("m{at:03}"), "article_id": "a1", "read_at": format!("2026-02-{:02}T01:00:00Z", 1 + at % 28)});
    home.add(Table::Reads, &reads.map(read).collect::<Vec<Value>>()).await;
    home.build(AS_OF).await.expect("built");
    home
}

fn random_people(seed: u64) -> Vec<Person> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut people = Vec::new();
    for union in 0..PARENTS.len() {
        // Unions of one, of few and of many members; some have one district or one age only.
        let size = *[1, 6, 14, 25, 40].get(rng.gen_range(0..5)).expect("a size");
        let (mixed_districts, mixed_ages, share) = (rng.gen_bool(0.6), rng.gen_bool(0.6), rng.gen_range(0.1..0.9));
        let (district, born) =
            (DISTRICTS[rng.gen_range(0..3)], *[1970, 1985, 1998].get(rng.gen_range(0..3)).expect("a year"));
        for _ in 0..size {
            people.push(Person {
                union,
                district: if mixed_districts { DISTRICTS[rng.gen_range(0..3)] } else { district },
                born: if mixed_ages { *[1970, 1985, 1998].get(rng.gen_range(0..3)).expect("a year") } else { born },
                reads: rng.gen_bool(share),
            });
        }
    }
    people
}

fn is_within(union: usize, top: usize) -> bool {
    let mut at = Some(union);
    while let Some(union) = at {
        if union == top {
            return true;
        }
        at = PARENTS[union];
    }
    false
}

/// A set of members and a published count of them.
type Known = (BTreeSet<usize>, f64);

/// Every count of a set of members that is a sum or difference of two or three known counts.
fn derived(known: &[Known], members: usize) -> Vec<f64> {
    let mut found = Vec::new();
    let signs = [1_i32, -1];
    for (first, one) in known.iter().enumerate() {
        for (second, two) in known.iter().enumerate().skip(first + 1) {
            for three in std::iter::once(None).chain(known[second + 1..].iter().map(Some)) {
                for code in 0..8 {
                    let terms: Vec<(i32, &Known)> = [Some(one), Some(two), three]
                        .into_iter()
                        .flatten()
                        .enumerate()
                        .map(|(at, known)| (signs[code >> at & 1], known))
                        .collect();
                    let times = |member: usize| {
                        terms.iter().map(|(sign, known)| sign * i32::from(known.0.contains(&member))).sum::<i32>()
                    };
                    if (0..members).all(|member| (0..=1).contains(&times(member))) {
                        found.push(terms.iter().map(|(sign, known)| f64::from(*sign) * known.1).sum());
                    }
                }
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_of_a_district_discloses_nothing_more() {
    let mut people: Vec<Person> =
        (0..60).map(|at| Person { union: at % 6, district: "朝阳", born: 1985, reads: at % 2 == 0 }).collect();
    people.push(Person { union: 0, district: "怀柔", born: 1985, reads: true });
    let home = town(&people).await;
    let of =
        async |district: &str| ask(&home, |query| query.district = Some(district.to_owned())).await.expect("a report");
    let plain = of("怀柔").await;
    assert!(metric(&plain, "readers").suppressed && metric(&plain, "members").suppressed);
    for other in ["怀柔区", " 怀柔 "] {
        let report = of(other).await;
        assert_eq!((&report.metrics, &report.tables), (&plain.metrics, &plain.tables), "{other}");
    }
}

#[tokio::test]
async fn no_two_or_three_reports_disclose_a_small_group_together() {
    let mut shown_views = 0;
    for seed in 0..3 {
        let people = random_people(seed);
        let home = town(&people).await;
        let bands = [("25-34", 25..35), ("35-44", 35..45), ("55-64", 55..65)];
        let mut views: Vec<(Report, BTreeSet<usize>)> = Vec::new();
        let set = |is_in: &dyn Fn(&Person) -> bool| (0..people.len()).filter(|&at| is_in(&people[at])).collect();
        let month = |query: &mut ReportQuery| {
            (query.from, query.to) = (time("2026-01-31T16:00:00Z"), time("2026-02-28T16:00:00Z"));
        };
        views.push((ask(&home, month).await.expect("a report"), set(&|_| true)));
        for top in 0..PARENTS.len() {
            let report = ask(&home, |query| query.union = Some(format!("u{top}"))).await.expect("a report");
            views.push((report, set(&|person| is_within(person.union, top))));
        }
        for district in DISTRICTS {
            let report = ask(&home, |query| query.district = Some(district.into())).await;
            views.extend(report.ok().map(|report| (report, set(&|person| person.district == district))));
        }
        for (band, ages) in &bands {
            let report = ask(&home, |query| query.age_band = Some((*band).into())).await;
            let in_band = |person: &Person| ages.contains(&(2026 - person.born));
            views.extend(report.ok().map(|report| (report, set(&in_band))));
        }
        for name in ["members", "active_members", "readers"] {
            let known: Vec<Known> =
                views.iter().filter_map(|(report, set)| Some((set.clone(), metric(report, name).value?))).collect();
            shown_views += known.len();
            for (set, value) in &known {
                let truth = set.iter().filter(|&&at| name == "members" || people[at].reads).count();
                assert_eq!(*value, truth as f64, "seed {seed}: published figures are exact");
            }
            for people in derived(&known, people.len()) {
                assert!(people == 0.0 || people >= 10.0, "seed {seed}: {people} {name} can be derived");
            }
        }
        // All reads are of the only article, so that its readers are one more figure of each report.
        let known = views.iter().filter_map(|(report, set)| {
            let articles = report.tables.iter().find(|table| table.name == "articles")?;
            Some((set.clone(), articles.rows.first()?[2].as_f64()?))
        });
        for people in derived(&known.collect::<Vec<Known>>(), people.len()) {
            assert!(people == 0.0 || people >= 10.0, "seed {seed}: {people} readers of an article can be derived");
        }
        // The table of age bands and the report on a band hide the same figures.
        let (overall, _) = &views[0];
        let table = overall.tables.iter().find(|table| table.name == "age_bands").expect("a table");
        for row in &table.rows {
            let Ok(report) = ask(&home, |query| query.age_band = row[0].as_str().map(str::to_owned)).await else {
                continue;
            };
            for (column, name) in [(1, "members"), (2, "active_members"), (3, "readers")] {
                assert_eq!(row[column].as_f64(), metric(&report, name).value, "{name} of {}", row[0]);
            }
        }
    }
    assert!(shown_views > 45, "only {shown_views} figures are published, which is too few to be useful");
}

/// A union of 22 members, twenty of them in one district, and a union of one member.
async fn two_outside() -> Home {
    let person = |union, district, reads| Person { union, district, born: 1985, reads };
    let mut people: Vec<Person> = (0..20).map(|at| person(4, "朝阳", at < 12)).collect();
    people.extend((0..2).map(|_| person(4, "通州", true)));
    people.push(person(5, "通州", true));
    people.extend((0..60).map(|at| person(0, DISTRICTS[at % 3], at % 2 == 0)));
    town(&people).await
}

#[tokio::test]
async fn a_report_on_a_union_and_a_district_has_no_figures_about_people() {
    let home = two_outside().await;
    let both = ask(&home, |query| {
        query.union = Some("u4".into());
        query.district = Some("朝阳".into());
    });
    let both = both.await.expect("a report");
    for metric in
        both.metrics.iter().filter(|metric| !["articles_published", "seats_offered"].contains(&metric.name.as_str()))
    {
        assert!(metric.suppressed && metric.value.is_none() && metric.previous.is_none(), "{} is shown", metric.name);
    }
    assert!(both.tables.is_empty());
    assert!(both.notes.iter().any(|note| note.en.contains("cannot be combined")));
}

#[tokio::test]
async fn a_union_of_one_member_has_no_figures() {
    let home = two_outside().await;
    let one = ask(&home, |query| query.union = Some("u5".into())).await.expect("a report");
    for name in ["members", "reads", "articles_read", "active_unions", "silent_unions", "union_coverage", "unions"] {
        assert!(metric(&one, name).suppressed && metric(&one, name).value.is_none(), "{name} is shown");
    }
    // The list of all unions has no figure of it, and its position does not disclose whether the member was active.
    let overall = ask(&home, |_| {}).await.expect("a report");
    let unions = overall.tables.iter().find(|table| table.name == "unions").expect("a table");
    let last = unions.rows.last().expect("a row");
    assert_eq!((&last[0], &last[2], &last[3]), (&json!("u5"), &json!("<10"), &json!("<10")));
}

#[tokio::test]
async fn reports_on_a_union_cover_complete_months_only() {
    let home = two_outside().await;
    let mut seen = BTreeSet::new();
    for to in ["2026-03-19T16:00:00Z", "2026-03-19T16:00:01Z", "2026-03-10T16:00:00Z", "2026-02-28T16:00:00Z"] {
        for day in ["01", "02", "10"] {
            let of_union = |query: &mut ReportQuery| {
                (query.from, query.to) = (time(&format!("2026-02-{day}T16:00:00Z")), time(to));
                query.union = Some("u0".into());
            };
            let report = ask(&home, of_union).await.expect("a report");
            assert_eq!(metric(&report, "members").value, Some(60.0));
            seen.insert(format!("{} {} {:?}", report.from, report.to, metric(&report, "readers").value));
        }
    }
    assert_eq!(seen.len(), 1, "the same month for all requested days: {seen:?}");
    assert!(seen.first().is_some_and(|seen| seen.starts_with("2026-01-31T16:00:00+00:00 2026-02-28T16:00:00+00:00")));
}

#[tokio::test]
async fn periods_are_widened_to_complete_days() {
    let home = two_outside().await;
    let exact = ask(&home, |query| query.from = time("2026-02-10T16:00:00Z")).await.expect("a report");
    let later = ask(&home, |query| query.from = time("2026-02-10T16:00:01Z")).await.expect("a report");
    assert_eq!((&exact.from, &exact.metrics), (&later.from, &later.metrics));
    assert!(later.notes.iter().any(|note| note.en.contains("extended to whole days")));
}

#[tokio::test]
async fn a_year_outside_of_the_calendar_is_an_error() {
    let home = two_outside().await;
    let long_ago =
        ask(&home, |query| query.from = chrono::DateTime::from_timestamp(-6_300_000_000_000, 0).expect("an instant"))
            .await;
    assert!(matches!(long_ago, Err(ReportError::Year { .. })), "{long_ago:?}");
}

#[tokio::test]
async fn the_report_names_the_period_of_comparison() {
    let home = two_outside().await;
    let february = |query: &mut ReportQuery| {
        (query.from, query.to) = (time("2026-01-31T16:00:00Z"), time("2026-02-28T16:00:00Z"));
        query.compare = Compare::LastYear;
    };
    let report = ask(&home, february).await.expect("a report");
    assert_eq!(report.filters["compare"], "last_year");
    assert!(report.summary.zh.contains("去年同期") && !report.summary.zh.contains("上期"), "{}", report.summary.zh);
}
