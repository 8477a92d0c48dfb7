//! Reports counted from columns in memory are those of the SQL, on random towns.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use zhihui_data::{Table, Zone};
use zhihui_engine::report::{MinGroupSize, Targets};
use zhihui_pipeline::lake::CommitInfo;
use zhihui_pipeline::members::{Person, erase};
use zhihui_pipeline::report::{Compare, ReportOptions, ReportQuery, ReportSources, ReportTables, report_from};
use zhihui_pipeline::sql::SessionLimits;

use super::home::{Home, limits, time};

const AS_OF: &str = "2026-03-20T02:00:00.5Z";
const MEMBERS: usize = 240;
const UNIONS: usize = 7;

/// A town with everything that reports count: events of known and unknown people and items, missing values, hold-outs without a
/// push, articles that announce activities, ratings by openid.
async fn town(seed: u64) -> Home {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let home = Home::new().await;
    let union =
        |at: usize| json!({"union_id": format!("u{at}"), "parent_union_id": (at > 2).then(|| format!("u{}", at / 3))});
    home.add(Table::Unions, &(0..UNIONS).map(union).collect::<Vec<Value>>()).await;
    let members: Vec<Value> = (0..MEMBERS).map(|at| member(rng, at)).collect();
    home.add(Table::Members, &members).await;
    let activity = |at: usize, rng: &mut ChaCha8Rng| {
        json!({"activity_id": format!("v{at}"), "title": rng.gen_bool(0.8).then(|| format!("Activity {}", at / 2)),
               "topics": ["sport"], "starts_at": instant(rng), "capacity": rng.gen_bool(0.7).then_some(40)})
    };
    home.add(Table::Activities, &(0..8).map(|at| activity(at, rng)).collect::<Vec<Value>>()).await;
    let article = |at: usize, rng: &mut ChaCha8Rng| {
        let mut topics: Vec<&str> =
            ["tea", "law", "health", "sport"].into_iter().filter(|_| rng.gen_bool(0.5)).collect();
        // A topic of one article reveals no other article.
        if at == 0 {
            topics = vec!["film"];
        }
        json!({"article_id": format!("a{at}"), "title": (!at.is_multiple_of(4)).then(|| format!("Article {at}")), "topics": topics,
               "published_at": instant(rng), "activity_id": (at < 5).then(|| format!("v{}", at / 2))})
    };
    home.add(Table::Articles, &(0..30).map(|at| article(at, rng)).collect::<Vec<Value>>()).await;
    let reads: Vec<Value> = (0..4_000)
        .map(|_| {
            let seconds = rng.gen_bool(0.7).then(|| f64::from(rng.gen_range(1..400_u32)) / 2.0);
            let fraction = rng.gen_bool(0.6).then(|| f64::from(rng.gen_range(0..=10_u32)) / 10.0);
            // Some articles have no description.
            let article = if rng.gen_bool(0.2) { 0 } else { rng.gen_range(0..33_usize).min(rng.gen_range(0..33)) };
            json!({"member_id": any_member(rng), "article_id": format!("a{article}"), "read_at": instant(rng),
                   "dwell_seconds": seconds, "read_fraction": fraction})
        })
        .collect();
    home.add(Table::Reads, &reads).await;
    let share = |rng: &mut ChaCha8Rng| json!({"member_id": any_member(rng), "item_id": format!("a{}", rng.gen_range(0..12)), "shared_at": instant(rng)});
    home.add(Table::Shares, &(0..300).map(|_| share(rng)).collect::<Vec<Value>>()).await;
    let pushes = pushes(rng);
    home.add(Table::Pushes, &pushes).await;
    let statuses = ["registered", "waitlisted", "cancelled", "attended", "no_show"];
    let sign_up = |rng: &mut ChaCha8Rng| {
        json!({"member_id": any_member(rng), "activity_id": format!("v{}", rng.gen_range(0..9)),
               "signed_up_at": instant(rng), "status": statuses.choose(rng), "tickets": rng.gen_range(1..4)})
    };
    let mut sign_ups: Vec<Value> = (0..900).map(|_| sign_up(rng)).collect();
    sign_ups.extend(pushes.iter().filter_map(|push| answer(rng, push)));
    home.add(Table::SignUps, &sign_ups).await;
    let feedback = |rng: &mut ChaCha8Rng| {
        let member = rng.gen_bool(0.5).then(|| any_member(rng));
        let openid = member.is_none().then(|| format!("o{}", rng.gen_range(0..MEMBERS)));
        json!({"member_id": member, "openid": openid, "at": instant(rng),
               "item_id": rng.gen_bool(0.8).then(|| format!("a{}", rng.gen_range(0..33))),
               "rating": rng.gen_bool(0.9).then(|| rng.gen_range(1..=5))})
    };
    home.add(Table::Feedback, &(0..400).map(|_| feedback(rng)).collect::<Vec<Value>>()).await;
    let shown = |rng: &mut ChaCha8Rng| json!({"member_id": any_member(rng), "item_id": format!("a{}", rng.gen_range(0..30)), "shown_at": instant(rng)});
    home.add(Table::Shown, &(0..500).map(|_| shown(rng)).collect::<Vec<Value>>()).await;
    add_other_facts(&home, rng).await;
    home.build(AS_OF).await.expect("built");
    home
}

/// What reports read from raw tables: statistics of the account, followers, events of openids and rejected rows.
async fn add_other_facts(home: &Home, rng: &mut ChaCha8Rng) {
    let mut statistics = Vec::new();
    for day in 0..180_u64 {
        let date = (time("2025-09-25T00:00:00Z") + chrono::Days::new(day)).date_naive().to_string();
        let generation = if day % 3 == 0 { "old" } else { "new" };
        statistics.push(json!({"generation": generation, "interface": "x", "day": date,
            "read_users": rng.gen_range(5..60), "read_times": rng.gen_range(60..90), "share_users": rng.gen_range(0..9)}));
        let article = rng.gen_range(0..12);
        statistics
            .push(json!({"generation": generation, "interface": "y", "day": date, "msgid": format!("a{article}"),
            "published_on": date, "title": format!("Article {article}"), "read_users": rng.gen_range(5..60)}));
    }
    home.add(Table::AccountStatistics, &statistics).await;
    let event = |rng: &mut ChaCha8Rng| {
        json!({"openid": format!("o{}", rng.gen_range(0..MEMBERS + 9)), "at": instant(rng),
               "event": (["follow", "unfollow"].choose(rng))})
    };
    home.add(Table::MemberEvents, &(0..200).map(|_| event(rng)).collect::<Vec<Value>>()).await;
    // Of people whom nobody knows, and of members, which does not change who has read.
    let openid = |from: usize, rng: &mut ChaCha8Rng| format!("o{}", from + rng.gen_range(0..MEMBERS));
    let read =
        |rng: &mut ChaCha8Rng| json!({"openid": openid(MEMBERS, rng), "article_id": "a1", "read_at": instant(rng)});
    home.add(Table::Reads, &(0..300).map(|_| read(rng)).collect::<Vec<Value>>()).await;
    let shown = |rng: &mut ChaCha8Rng| json!({"openid": openid(0, rng), "item_id": "a1", "shown_at": instant(rng)});
    home.add(Table::Shown, &(0..100).map(|_| shown(rng)).collect::<Vec<Value>>()).await;
    let reject = |rng: &mut ChaCha8Rng| {
        json!({"table": (["reads", "members"].choose(rng)), "sha256": "0", "row": rng.gen_range(0..60),
               "rejected_at": instant(rng)})
    };
    home.add_rejects(&(0..90).map(|_| reject(rng)).collect::<Vec<Value>>()).await;
}

fn member(rng: &mut ChaCha8Rng, at: usize) -> Value {
    let district =
        |rng: &mut ChaCha8Rng| rng.gen_bool(0.7).then(|| *["朝阳", "通州", "怀柔"].choose(rng).expect("one"));
    json!({"member_id": format!("m{at:03}"), "openid": rng.gen_bool(0.8).then(|| format!("o{at}")),
           "union_id": rng.gen_bool(0.95).then(|| format!("u{}", rng.gen_range(0..UNIONS).min(rng.gen_range(0..UNIONS)))),
           "birth_date": rng.gen_bool(0.9).then(|| format!("{}-05-01", rng.gen_range(1960..2004))),
           "home_district": district(rng), "work_district": district(rng),
           "joined_at": rng.gen_bool(0.8).then(|| instant(rng)),
           "unfollowed_at": rng.gen_bool(0.1).then_some("2025-10-01T00:00:00Z"),
           "personalised": rng.gen_bool(0.2).then_some(false)})
}

/// Pushes and hold-outs, some of which are standing hold-outs.
fn pushes(rng: &mut ChaCha8Rng) -> Vec<Value> {
    let mut pushes = Vec::new();
    for push in 0..14 {
        let item = if push % 3 == 0 { format!("v{}", push / 3) } else { format!("a{}", push % 7) };
        let mut sent_at = instant(rng);
        for at in 0..MEMBERS {
            if rng.gen_bool(0.02) {
                sent_at = instant(rng);
            }
            let is_held_out = rng.gen_bool(0.3);
            if rng.gen_bool(0.6) {
                let channel = if is_held_out && rng.gen_bool(0.1) { "global_hold_out" } else { "wechat" };
                pushes.push(json!({"push_id": format!("p{push}"), "member_id": format!("m{at:03}"), "item_id": item,
                    "sent_at": sent_at, "arm": if is_held_out { "hold_out" } else { "push" }, "channel": channel}));
            }
        }
    }
    pushes
}

/// A sign-up in the days after some of the pushes of activities.
fn answer(rng: &mut ChaCha8Rng, push: &Value) -> Option<Value> {
    let (activity, sent_at) = (push["item_id"].as_str()?, push["sent_at"].as_str()?);
    let signed_up_at = time(sent_at) + chrono::Duration::minutes(rng.gen_range(-60..12_000));
    (activity.starts_with('v') && rng.gen_bool(0.4)).then(|| {
        json!({"member_id": push["member_id"], "activity_id": activity, "signed_up_at": signed_up_at.to_rfc3339(),
               "status": "attended", "tickets": 1})
    })
}

/// Mostly one of the town's members, sometimes one that only events mention.
fn any_member(rng: &mut ChaCha8Rng) -> String {
    // The last third seldom acts.
    let at = rng.gen_range(0..MEMBERS + 4).min(rng.gen_range(0..MEMBERS + 4));
    format!("m{at:03}")
}

/// An instant of the half year before the report, seldom at midnight in the zone.
fn instant(rng: &mut ChaCha8Rng) -> String {
    let first = time("2025-09-25T00:00:00Z");
    let hours = chrono::Duration::hours(rng.gen_range(0..24 * 180));
    let minutes = chrono::Duration::seconds(if rng.gen_bool(0.05) { 0 } else { rng.gen_range(0..3600) });
    (first + hours + minutes).to_rfc3339()
}

fn queries(options: &ReportOptions) -> Vec<ReportQuery> {
    let days = |days| ReportQuery::last_days(days, options.as_of, options.zone);
    let between = |from: &str, to: &str| ReportQuery { from: time(from), to: time(to), ..days(30) };
    let union = |union: &str| ReportQuery { union: Some(union.to_owned()), ..days(30) };
    vec![
        days(1),
        days(30),
        days(140),
        between("2026-01-31T16:00:00Z", "2026-02-28T16:00:00Z"),
        // Ends after the data.
        between("2026-02-28T16:00:00Z", "2026-04-30T16:00:00Z"),
        ReportQuery { compare: Compare::LastYear, ..days(20) },
        ReportQuery { compare: Compare::Nothing, ..days(60) },
        union("u0"),
        union("u1"),
        union("u6"),
        ReportQuery { district: Some("通州".to_owned()), ..days(30) },
        ReportQuery { age_band: Some("25-34".to_owned()), ..days(30) },
        ReportQuery { age_band: Some("25-34".to_owned()), ..union("u0") },
        ReportQuery { age_band: Some("7-8".to_owned()), ..days(30) },
    ]
}

/// Metrics and tables of which at least one report must have a figure.
const COUNTED: &[&str] = &[
    "readers",
    "active_days",
    "joined_members",
    "waitlisted",
    "first_timer_share",
    "sign_up_lead_days",
    "shown_members",
    "shown_items",
    "district_known_share",
    "topics",
    "hours",
    "topic_supply",
    "districts",
    "ratings_by_topic",
    "followers_gained",
    "followers_lost",
    "resolved_share",
    "rejected_rows",
    "identified_share",
    "account_days",
    "account_articles",
    "sources",
];

/// The names of the metrics and tables of a report that have a figure other than zero.
fn figures(report: &Value) -> BTreeSet<String> {
    let is_figure = |value: &Value| value.as_f64().is_some_and(|value| value != 0.0);
    let rows = |table: &Value| table["rows"].as_array().cloned().unwrap_or_default();
    let has_figure =
        |table: &Value| rows(table).iter().any(|row| row.as_array().is_some_and(|row| row.iter().any(is_figure)));
    let list = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    let metrics = list("metrics").into_iter().filter(|metric| is_figure(&metric["value"]));
    let named = metrics.chain(list("tables").into_iter().filter(has_figure));
    named.filter_map(|named| named["name"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn reports_counted_in_memory_are_those_of_the_sql_on_any_number_of_threads() {
    let mut shown = BTreeSet::new();
    for seed in [1, 2] {
        let home = town(seed).await;
        let in_memory = ReportTables::new(1 << 28);
        let as_sql = ReportTables::new(1 << 28).without_counts();
        // Nothing fits into it.
        let on_disk = ReportTables::new(0);
        for (at, min_size) in [10, 5].into_iter().enumerate() {
            let options = |threads: usize| ReportOptions {
                as_of: time(AS_OF),
                zone: Zone::default(),
                min_group_size: MinGroupSize::try_from(min_size).expect("large enough"),
                targets: Targets::default(),
                limits: SessionLimits { threads, ..limits() },
            };
            for (query, threads) in queries(&options(1)).iter().zip([1, 2, 7].into_iter().cycle().skip(at)) {
                let text = async |tables: &ReportTables, threads: usize| {
                    let report = report_from(
                        &ReportSources { lake: &home.lake, in_memory: tables, sent: &[] },
                        query,
                        &options(threads),
                    )
                    .await;
                    report.map_or_else(
                        |error| error.to_string(),
                        |report| serde_json::to_string_pretty(&report).expect("JSON"),
                    )
                };
                let (counted, queried) = (text(&in_memory, 2).await, text(&on_disk, threads).await);
                assert!(counted == queried, "seed {seed}, {query:?}:\n{}", difference(&counted, &queried));
                let over_memory = text(&as_sql, threads).await;
                assert!(over_memory == queried, "seed {seed}, {query:?}:\n{}", difference(&over_memory, &queried));
                if let Ok(report) = serde_json::from_str(&counted) {
                    shown.extend(figures(&report));
                }
            }
        }
        assert!(in_memory.bytes().await > 0 && on_disk.bytes().await == 0);
    }
    let missing: Vec<&&str> = COUNTED.iter().filter(|name| !shown.contains(**name)).collect();
    assert!(missing.is_empty(), "no figures of {missing:?} in {shown:?}");
}

#[tokio::test]
async fn the_id_of_an_erased_member_is_not_kept_in_memory() {
    let home = Home::new().await;
    home.add(Table::Members, &[json!({"member_id": "m1"}), json!({"member_id": "m2", "openid": "o2"})]).await;
    let read = |member: &str| json!({"member_id": member, "article_id": "a1", "read_at": "2026-03-01T10:00:00Z"});
    home.add(Table::Reads, &[read("m1"), read("m2"), read("m3")]).await;
    home.build(AS_OF).await.expect("built");
    let tables = ReportTables::new(1 << 28);
    let options = ReportOptions {
        as_of: time(AS_OF),
        zone: Zone::default(),
        min_group_size: MinGroupSize::default(),
        targets: Targets::default(),
        limits: limits(),
    };
    let known = async || {
        let sources = ReportSources { lake: &home.lake, in_memory: &tables, sent: &[] };
        report_from(&sources, &ReportQuery::last_days(30, options.as_of, options.zone), &options)
            .await
            .expect("a report");
        [tables.knows_member("m1").await, tables.knows_member("m2").await, tables.knows_member("m3").await]
    };
    assert_eq!(known().await, [true; 3]);
    let info = CommitInfo { operation: "erase".into(), run_id: "test".into(), at: time(AS_OF) };
    let person = Person { member_id: "m2".into(), openids: vec!["o2".into()] };
    erase(&home.lake, &[person], &info).await.expect("erased");
    assert_eq!(known().await, [true, false, true]);
}

#[tokio::test]
async fn a_report_of_a_later_instant_does_not_take_the_counts_of_an_earlier_one() {
    let home = Home::new().await;
    let member = |at: usize| {
        let joined_at = if at < 40 { "2026-03-20T01:00:00Z" } else { "2026-03-20T06:00:00Z" };
        json!({"member_id": format!("m{at:03}"), "joined_at": joined_at})
    };
    home.add(Table::Members, &(0..100).map(member).collect::<Vec<Value>>()).await;
    let read =
        |at: usize| json!({"member_id": format!("m{at:03}"), "article_id": "a1", "read_at": "2026-03-19T10:00:00Z"});
    home.add(Table::Reads, &(0..100).map(read).collect::<Vec<Value>>()).await;
    home.build(AS_OF).await.expect("built");
    let tables = ReportTables::new(1 << 28);
    let joined = async |as_of: &str| {
        let options = ReportOptions {
            as_of: time(as_of),
            zone: Zone::default(),
            min_group_size: MinGroupSize::default(),
            targets: Targets::default(),
            limits: limits(),
        };
        // Two months around, so that figures without days are shown.
        let query = ReportQuery {
            from: time("2026-02-19T16:00:00Z"),
            to: time("2026-03-21T16:00:00Z"),
            ..ReportQuery::last_days(30, options.as_of, options.zone)
        };
        let sources = ReportSources { lake: &home.lake, in_memory: &tables, sent: &[] };
        let report = report_from(&sources, &query, &options).await.expect("a report");
        let metric = report.metrics.into_iter().find(|metric| metric.name == "joined_members").expect("the metric");
        metric.value
    };
    assert_eq!(joined(AS_OF).await, Some(40.0));
    assert_eq!(joined("2026-03-20T08:00:00Z").await, Some(100.0));
}

/// The first lines that differ.
fn difference(left: &str, right: &str) -> String {
    let mut text = String::new();
    let differing = left.lines().zip(right.lines()).enumerate().filter(|(_, (left, right))| left != right);
    for (line, (left, right)) in differing.take(12) {
        writeln!(text, "{line}: {left} | {right}").expect("written");
    }
    text
}
