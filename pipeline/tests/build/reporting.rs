//! Reports on a small town of three unions, whose numbers are counted by hand.

use serde_json::{Value, json};
use zhihui_data::{Table, Zone};
use zhihui_engine::report::{MetricValue, MinGroupSize, Report, ReportTable, Targets};
use zhihui_pipeline::report::{ReportError, ReportOptions, ReportQuery, report};

use super::home::{Home, limits, time};

const AS_OF: &str = "2026-03-20T02:00:00Z";

/// Eighty members of union `big`, five of its child `small`, thirty of the silent `quiet`. Twenty-four of `big` and three of
/// `small` read article `a1` in the period, twelve in the previous period. Forty of `big` received a push of `v1`, forty were held
/// out; thirty and twenty of them signed up.
pub(crate) async fn town() -> Home {
    let home = Home::new().await;
    let member = |union: &str, number: usize| json!({"member_id": format!("{union}{number:02}"), "union_id": union});
    let unions = [("big", 80), ("small", 5), ("quiet", 30)];
    let members: Vec<Value> =
        unions.iter().flat_map(|&(union, n)| (0..n).map(move |number| member(union, number))).collect();
    home.add(Table::Members, &members).await;
    let known = [
        json!({"union_id": "big"}),
        json!({"union_id": "small", "parent_union_id": "big"}),
        json!({"union_id": "quiet"}),
    ];
    home.add(Table::Unions, &known).await;
    home.add(Table::Articles, &[json!({"article_id": "a1", "title": "Tea", "topics": ["tea"]})]).await;
    home.add(Table::Activities, &[json!({"activity_id": "v1", "title": "Films", "capacity": 50})]).await;
    let read = |member: String, at: &str| json!({"member_id": member, "article_id": "a1", "read_at": at});
    let mut reads: Vec<Value> = (0..24).map(|number| read(format!("big{number:02}"), "2026-03-10T01:00:00Z")).collect();
    reads.extend((0..3).map(|number| read(format!("small{number:02}"), "2026-03-11T01:00:00Z")));
    reads.extend((0..24).map(|number| read(format!("big{number:02}"), "2026-03-10T02:00:00Z")));
    reads.extend((0..12).map(|number| read(format!("big{number:02}"), "2026-02-01T01:00:00Z")));
    home.add(Table::Reads, &reads).await;
    let push = |number: usize| {
        json!({"push_id": "p1", "member_id": format!("big{number:02}"), "item_id": "v1", "sent_at": "2026-03-05T01:00:00Z",
               "arm": if number < 40 { "push" } else { "hold_out" }})
    };
    home.add(Table::Pushes, &(0..80).map(push).collect::<Vec<Value>>()).await;
    let sign_up = |number: usize| {
        json!({"member_id": format!("big{number:02}"), "activity_id": "v1", "signed_up_at": "2026-03-06T01:00:00Z",
               "status": "registered"})
    };
    home.add(Table::SignUps, &(10..60).map(sign_up).collect::<Vec<Value>>()).await;
    home.build(AS_OF).await.expect("built");
    home
}

fn options(as_of: &str) -> ReportOptions {
    ReportOptions {
        as_of: time(as_of),
        zone: Zone::default(),
        min_group_size: MinGroupSize::default(),
        targets: Targets::default(),
        limits: limits(),
    }
}

async fn ask(home: &Home, change: impl FnOnce(&mut ReportQuery)) -> Result<Report, ReportError> {
    let options = options(AS_OF);
    let mut query = ReportQuery::last_days(30, options.as_of, options.zone);
    change(&mut query);
    report(&home.lake, &query, &options).await
}

fn metric<'a>(report: &'a Report, name: &str) -> &'a MetricValue {
    report.metrics.iter().find(|metric| metric.name == name).expect("a metric")
}

fn table<'a>(report: &'a Report, name: &str) -> &'a ReportTable {
    report.tables.iter().find(|table| table.name == name).expect("a table")
}

#[tokio::test]
async fn people_and_person_times_are_counted_separately() {
    let home = town().await;
    let report = ask(&home, |_| {}).await.expect("a report");
    let value = |name: &str| metric(&report, name).value;
    assert_eq!((value("members"), value("readers"), value("reads")), (Some(115.0), Some(27.0), Some(51.0)));
    assert_eq!(metric(&report, "readers").previous, Some(12.0));
    assert_eq!((value("unions"), value("silent_unions")), (Some(3.0), Some(1.0)));
    let share = metric(&report, "active_share");
    assert_eq!((share.numerator, share.denominator), (Some(63.0), Some(115.0)), "readers and members who signed up");
    for metric in &report.metrics {
        let texts = [&metric.label.zh, &metric.label.en, &metric.definition.zh, &metric.definition.en, &metric.unit];
        assert!(texts.iter().all(|text| !text.is_empty()), "{} is not defined", metric.name);
    }
    assert_eq!(
        report.summary.zh,
        "2月18日至3月19日：115 名会员中有 27 人读过至少一篇，比上期多 125%；50 人报名了活动；1 家工会没有动静。"
    );
}

#[tokio::test]
async fn a_cell_of_few_people_is_hidden_and_cannot_be_derived_from_the_sum() {
    let home = town().await;
    let report = ask(&home, |_| {}).await.expect("a report");
    let unions = table(&report, "unions");
    let row = |union: &str| unions.rows.iter().find(|row| row[0] == union).expect("a row").clone();
    assert_eq!(row("small")[2..], [json!("<10"), json!("<10")]);
    assert_eq!(
        row("big")[2..],
        [json!(85), json!(12)],
        "includes unions below it, otherwise the difference would disclose the small one"
    );
    assert_eq!(unions.rows[0][0], "quiet", "silent unions come first");
    assert_eq!(unions.label.en, "Unions (February 2026)", "the last complete month");
    let daily = table(&report, "daily");
    let day = |day: &str| daily.rows.iter().find(|row| row[0] == day).expect("a day").clone();
    assert_eq!(day("2026-03-11")[1..3], [json!("<10"), json!("<10")]);
    assert_eq!(day("2026-03-06")[3], json!(50));
}

#[tokio::test]
async fn pushes_that_reached_nobody_are_no_pushes() {
    let home = town().await;
    // A correction is a later row of the same list and member. The ten pushed members did not sign up, the held-out ones did.
    let correction = |number: usize, arm: &str, channel: &str| {
        json!({"push_id": "p1", "member_id": format!("big{number:02}"), "item_id": "v1", "sent_at": "2026-03-05T01:00:00Z",
               "arm": arm, "channel": channel})
    };
    let mut rows: Vec<Value> = (0..10).map(|number| correction(number, "push", "not_delivered")).collect();
    rows.extend((40..50).map(|number| correction(number, "hold_out", "not_compared")));
    home.add(Table::Pushes, &rows).await;
    home.build(AS_OF).await.expect("built");
    let count = |rows: &[Value], kind: &str| rows.iter().filter(|row| row["kind"] == kind).count();
    let interactions = home.rows("interactions").await;
    assert_eq!((count(&interactions, "push"), count(&interactions, "hold_out")), (30, 40));
    let compared = interactions.iter().filter(|row| row["kind"] == "hold_out" && row["push_id"] != "");
    assert_eq!(compared.count(), 30);
    let report = ask(&home, |_| {}).await.expect("a report");
    assert_eq!((metric(&report, "pushes").value, metric(&report, "pushed_members").value), (Some(30.0), Some(30.0)));
    let uplift = metric(&report, "uplift_sign_up").value.expect("an uplift");
    assert!((uplift - 200.0 / 3.0).abs() < 1e-9, "30 of 30 against 10 of 30: {uplift}");
    // The message was sent after all.
    home.add(Table::Pushes, &(0..10).map(|number| correction(number, "push", "wechat")).collect::<Vec<Value>>()).await;
    home.build(AS_OF).await.expect("built");
    assert_eq!(count(&home.rows("interactions").await, "push"), 40);
}

#[tokio::test]
async fn pushed_and_held_out_are_compared_by_the_arm_that_was_drawn() {
    let home = town().await;
    let report = ask(&home, |_| {}).await.expect("a report");
    let uplift = metric(&report, "uplift_sign_up").value.expect("an uplift");
    assert!((uplift - 25.0).abs() < 1e-9);
    assert_eq!(metric(&report, "push_sign_up_hours").value, Some(24.0));
    let row = &table(&report, "uplift").rows[0];
    assert_eq!(row[2..8], [json!("sign_up"), json!(40), json!(30), json!(40), json!(20), json!(25)]);
    assert!(row[8].as_f64() < Some(25.0) && row[9].as_f64() > Some(25.0), "the interval contains the difference");
    let funnel: Vec<&Value> = table(&report, "funnel").rows.iter().map(|row| &row[3]).collect();
    assert_eq!(funnel, [&json!(40), &json!(0), &json!(30), &json!(0)]);
}

#[tokio::test]
async fn a_union_includes_unions_below_it_and_a_small_union_shows_no_figures() {
    let home = town().await;
    let big = ask(&home, |query| query.union = Some("big".into())).await.expect("a report");
    assert_eq!(metric(&big, "members").value, Some(85.0));
    assert_eq!(big.filters["union"], "big");
    let small = ask(&home, |query| query.union = Some("small".into())).await.expect("a report");
    assert!(metric(&small, "members").suppressed && metric(&small, "members").value.is_none());
    assert!(small.tables.iter().all(|table| table.rows.is_empty()));
    let unknown = ask(&home, |query| query.union = Some("nowhere".into())).await;
    assert!(matches!(unknown, Err(ReportError::UnknownUnion(name)) if name == "nowhere"));
}

#[tokio::test]
async fn nothing_after_the_instant_is_counted() {
    let home = town().await;
    let early = options("2026-03-10T01:30:00Z");
    let query = ReportQuery { to: time("2026-03-20T00:00:00Z"), ..ReportQuery::last_days(30, early.as_of, early.zone) };
    let report = report(&home.lake, &query, &early).await.expect("a report");
    assert_eq!(metric(&report, "reads").value, Some(24.0));
    assert!(report.notes.iter().any(|note| note.en.contains("has not ended yet")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_has_the_same_bytes_with_any_number_of_threads() {
    let home = Home::new().await;
    let member = |at: usize| json!({"member_id": format!("m{at:03}"), "union_id": format!("u{}", at % 7), "birth_date": format!("{}-01-01", 1950 + at % 60)});
    home.add(Table::Members, &(0..400).map(member).collect::<Vec<Value>>()).await;
    let article = |at: usize| json!({"article_id": format!("a{at}"), "topics": [format!("t{}", at % 3), format!("t{}", at % 5), "x"]});
    home.add(Table::Articles, &(0..20).map(article).collect::<Vec<Value>>()).await;
    // Several files, so that several threads read. Tenths have no exact binary form, so that the order of a sum shows.
    for file in 0..6_usize {
        let read = |at: usize| {
            let day = 1 + (at + 3 * file) % 28;
            json!({"member_id": format!("m{:03}", (at * 7 + file) % 300), "article_id": format!("a{}", at % 20),
                   "read_at": format!("2026-{:02}-{day:02}T{:02}:00:{:02}Z", 1 + (at + file) % 3, at % 15, file),
                   "dwell_seconds": f64::from((at * file % 997) as u32) / 10.0})
        };
        home.add(Table::Reads, &(0..700).map(read).collect::<Vec<Value>>()).await;
        let rating = |at: usize| {
            json!({"member_id": format!("m{:03}", at * 5), "item_id": "a1", "at": format!("2026-03-{:02}T03:00:{file:02}Z", 1 + at % 18),
                   "rating": 1 + (at + file) % 5})
        };
        home.add(Table::Feedback, &(0..60).map(rating).collect::<Vec<Value>>()).await;
        let sign_up = |at: usize| {
            json!({"member_id": format!("m{:03}", (at * 2 + file) % 300), "activity_id": format!("v{}", at % 4),
                   "signed_up_at": format!("2026-{:02}-{:02}T04:00:00Z", 1 + (at + file) % 3, 1 + at % 18),
                   "status": (["attended", "waitlisted", "registered", "no_show"][(at + file) % 4])})
        };
        home.add(Table::SignUps, &(0..140).map(sign_up).collect::<Vec<Value>>()).await;
        let shown = |at: usize| {
            json!({"member_id": format!("m{:03}", at * 3), "item_id": format!("a{}", at % 20),
                   "shown_at": format!("2026-03-{:02}T05:00:{file:02}Z", 1 + at % 18)})
        };
        home.add(Table::Shown, &(0..90).map(shown).collect::<Vec<Value>>()).await;
    }
    home.build(AS_OF).await.expect("built");
    let mut seen: Vec<String> = Vec::new();
    for threads in [1, 2, 7, 7] {
        let mut options = options(AS_OF);
        options.limits.threads = threads;
        let query = ReportQuery::last_days(30, options.as_of, options.zone);
        let report = report(&home.lake, &query, &options).await.expect("a report");
        assert!(report.metrics.iter().any(|metric| metric.name == "dwell_seconds" && metric.value.is_some()));
        seen.push(serde_json::to_string(&report).expect("JSON"));
    }
    assert!(seen.iter().all(|bytes| *bytes == seen[0]), "the figures depend on the threads");
}

/// Seventy members. In December 0 to 19 read, in January 20 to 44; in February 0 to 11, 20 to 34 and 45 to 59, and `also`.
/// Of the readers of February 20 to 34 shared; 0 to 11 read 95 % of the article, 20 to 34 half of it.
async fn lifecycles(also: Option<usize>) -> Report {
    let home = Home::new().await;
    let id = |number: usize| format!("m{number:02}");
    home.add(Table::Members, &(0..70).map(|at| json!({"member_id": id(at), "union_id": "u"})).collect::<Vec<Value>>())
        .await;
    home.add(Table::Articles, &[json!({"article_id": "a1"})]).await;
    let read = |number: usize, at: &str, part: Option<f64>| json!({"member_id": id(number), "article_id": "a1", "read_at": at, "read_fraction": part});
    let mut reads: Vec<Value> = (0..20).map(|at| read(at, "2025-12-10T01:00:00Z", None)).collect();
    reads.extend((20..45).map(|at| read(at, "2026-01-02T01:00:00Z", Some(1.0))));
    reads.extend((0..12).map(|at| read(at, "2026-02-10T01:00:00Z", Some(0.95))));
    reads.extend((20..35).map(|at| read(at, "2026-02-10T01:00:00Z", Some(0.5))));
    reads.extend((45..60).chain(also).map(|at| read(at, "2026-02-10T01:00:00Z", None)));
    home.add(Table::Reads, &reads).await;
    let share = |at: usize| json!({"member_id": id(at), "item_id": "a1", "shared_at": "2026-02-11T01:00:00Z"});
    home.add(Table::Shares, &(20..35).map(share).collect::<Vec<Value>>()).await;
    home.build(AS_OF).await.expect("built");
    let february = |query: &mut ReportQuery| {
        (query.from, query.to) = (time("2026-01-31T16:00:00Z"), time("2026-02-28T16:00:00Z"));
    };
    ask(&home, february).await.expect("a report")
}

#[tokio::test]
async fn members_are_new_still_active_active_again_or_no_longer() {
    let names = ["active_members", "new_members", "returning_members", "resurrected_members", "dormant_members"];
    let report = lifecycles(None).await;
    // The second of January belongs to the month before, though February has only 28 days.
    assert_eq!(names.map(|name| metric(&report, name).value), [42.0, 15.0, 15.0, 12.0, 10.0].map(Some));
    let report = lifecycles(Some(44)).await;
    let hidden = names.map(|name| metric(&report, name).suppressed);
    assert_eq!(hidden, [false, false, true, true, true], "nine members are no longer active");
}

#[tokio::test]
async fn retention_follows_members_from_the_month_of_their_first_activity() {
    let rows = table(&lifecycles(None).await, "retention").rows.clone();
    // Of twenty of December none came in January and twelve in February, so that eight did not.
    assert_eq!(rows[0][..4], [json!("2025-12"), json!(20), json!(0), json!("<10")]);
    assert_eq!(rows[1][..3], [json!("2026-01"), json!(25), json!(0.6)]);
    assert_eq!((rows[2][..2].to_vec(), rows.len()), (vec![json!("2026-02"), json!(15)], 3));
}

#[tokio::test]
async fn rates_of_finishing_and_sharing_have_readers_and_their_reads_below() {
    let report = lifecycles(None).await;
    let rate = |name: &str| (metric(&report, name).numerator, metric(&report, name).denominator);
    assert_eq!(rate("finish_rate"), (Some(12.0), Some(27.0)), "of the reads whose part is known");
    assert_eq!(rate("share_rate"), (Some(15.0), Some(42.0)));
}

#[tokio::test]
async fn the_time_from_push_to_read_is_a_median_of_enough_readers() {
    for (readers, median) in [(20, Some(10.5)), (9, None)] {
        let home = Home::new().await;
        let id = |number: usize| format!("m{number:02}");
        home.add(Table::Members, &(0..60).map(|at| json!({"member_id": id(at)})).collect::<Vec<Value>>()).await;
        home.add(Table::Articles, &[json!({"article_id": "a1"})]).await;
        let push = |at: usize| json!({"push_id": "p1", "member_id": id(at), "item_id": "a1", "sent_at": "2026-03-05T00:00:00Z", "arm": "push"});
        home.add(Table::Pushes, &(0..40).map(push).collect::<Vec<Value>>()).await;
        // After 1, 2, 3, … hours; a second read and one after 73 hours do not count.
        let read = |at: usize, hours: usize| {
            let (day, hour) = (5 + hours / 24, hours % 24);
            json!({"member_id": id(at), "article_id": "a1", "read_at": format!("2026-03-{day:02}T{hour:02}:00:00Z")})
        };
        let mut reads: Vec<Value> = (0..readers).map(|at| read(at, 1 + at)).collect();
        reads.extend([read(0, 40), read(30, 73)]);
        home.add(Table::Reads, &reads).await;
        home.build(AS_OF).await.expect("built");
        let report = ask(&home, |_| {}).await.expect("a report");
        let hours = metric(&report, "push_read_hours");
        assert_eq!((hours.value, hours.unit.as_str()), (median, "hours"), "{readers} readers");
    }
}
