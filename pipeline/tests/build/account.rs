//! WeChat's figures of the account beside those of identified members, counted by hand.

use proptest::prelude::*;
use serde_json::{Value, json};
use zhihui_data::{Table, Zone};
use zhihui_engine::report::{MinGroupSize, Report, ReportTable, Targets};
use zhihui_pipeline::report::{ReportOptions, ReportQuery, ReportSources, ReportTables, SentArticle, report_from};

use super::home::{Home, limits, time};

const AS_OF: &str = "2026-03-20T02:00:00Z";

/// Members who read article `a1` on days of March, as many as given, and `sharers` of them on the tenth.
async fn town(readers: &[(u32, usize)], sharers: usize) -> Home {
    let home = Home::new().await;
    let members: Vec<Value> = (0..90).map(|id| json!({ "member_id": format!("m{id:02}"), "union_id": "u1" })).collect();
    home.add(Table::Members, &members).await;
    home.add(Table::Unions, &[json!({ "union_id": "u1" })]).await;
    let article =
        |id: &str, title: &str| json!({ "article_id": id, "title": title, "published_at": "2026-03-10T00:30:00Z" });
    home.add(Table::Articles, &[article("a1", "Tea"), article("a2", "Films")]).await;
    let read = |day: u32, id: usize, minute: u32| {
        json!({ "member_id": format!("m{id:02}"), "article_id": "a1",
                "read_at": format!("2026-03-{day:02}T02:{minute:02}:00Z") })
    };
    // Everybody reads twice a day.
    let reads: Vec<Value> = readers
        .iter()
        .flat_map(|&(day, count)| (0..count).flat_map(move |id| [read(day, id, 0), read(day, id, 30)]))
        .collect();
    home.add(Table::Reads, &reads).await;
    let share =
        |id: usize| json!({ "member_id": format!("m{id:02}"), "item_id": "a1", "shared_at": "2026-03-10T03:00:00Z" });
    home.add(Table::Shares, &(0..sharers).map(share).collect::<Vec<Value>>()).await;
    home.build(AS_OF).await.expect("built");
    home
}

fn new_day(day: u32, readers: u64) -> Value {
    json!({ "generation": "new", "interface": "getbizsummary", "day": format!("2026-03-{day:02}"), "read_users": readers,
            "share_users": readers / 10 })
}

fn old_day(day: u32, readers: u64) -> Value {
    json!({ "generation": "old", "interface": "getuserread", "day": format!("2026-03-{day:02}"), "read_users": readers,
            "read_times": readers * 2, "share_users": 4 })
}

fn of_article(msgid: &str, title: &str, day: u32, readers: u64) -> Value {
    json!({ "generation": "new", "interface": "getarticletotaldetail", "day": format!("2026-03-{day:02}"), "msgid": msgid,
            "cumulative": true, "published_on": "2026-03-10", "title": title, "read_users": readers, "share_users": 7 })
}

async fn ask(home: &Home, sent: &[SentArticle], change: impl FnOnce(&mut ReportQuery)) -> Report {
    let options = ReportOptions {
        as_of: time(AS_OF),
        zone: Zone::default(),
        min_group_size: MinGroupSize::default(),
        targets: Targets::default(),
        limits: limits(),
    };
    let mut query = ReportQuery::last_days(14, options.as_of, options.zone);
    change(&mut query);
    let in_memory = ReportTables::new(options.limits.memory_bytes);
    report_from(&ReportSources { lake: &home.lake, in_memory: &in_memory, sent }, &query, &options)
        .await
        .expect("a report")
}

fn table<'a>(report: &'a Report, name: &str) -> Option<&'a ReportTable> {
    report.tables.iter().find(|table| table.name == name)
}

fn rows(report: &Report, name: &str) -> Vec<Value> {
    table(report, name).expect(name).rows.iter().cloned().map(Value::from).collect()
}

fn value(report: &Report, name: &str) -> Option<f64> {
    report.metrics.iter().find(|metric| metric.name == name).and_then(|metric| metric.value)
}

fn notes(report: &Report) -> String {
    report.notes.iter().map(|note| format!("{} {}\n", note.zh, note.en)).collect()
}

#[tokio::test]
async fn account_and_identified_figures_stand_side_by_side() {
    let home = town(&[(10, 24), (12, 15)], 12).await;
    // The old generation has one of the days, too, and an hour and a source are parts of a day.
    let part = json!({ "generation": "new", "interface": "getbizsummary", "day": "2026-03-10", "source": "朋友圈", "read_users": 9 });
    let hour =
        json!({ "generation": "old", "interface": "getuserreadhour", "day": "2026-03-10", "hour": 9, "read_users": 8 });
    let days = [new_day(10, 60), new_day(12, 40), new_day(13, 20), old_day(10, 58), part, hour];
    home.add(Table::AccountStatistics, &days).await;
    let report = ask(&home, &[], |_| {}).await;
    let expected = [
        json!(["2026-03-10", "old", 58, 24, 0.4138, 116, 48, 4, 12]),
        json!(["2026-03-10", "new", 60, 24, 0.4, null, 48, 6, 12]),
        json!(["2026-03-12", "new", 40, 15, 0.375, null, 30, 4, 0]),
        json!(["2026-03-13", "new", 20, 0, 0, null, 0, 2, 0]),
    ];
    assert_eq!(rows(&report, "account_days"), expected);
    assert_eq!(value(&report, "account_read_users"), Some(120.0), "of the new generation only");
    assert_eq!(value(&report, "account_share_users"), Some(12.0));
    assert_eq!(value(&report, "identified_read_users"), Some(39.0));
    assert_eq!(value(&report, "account_reads"), None, "the new interfaces count people only");
    let share = report.metrics.iter().find(|metric| metric.name == "identified_share").expect("a metric");
    assert_eq!((share.value, share.numerator, share.denominator), (Some(0.325), Some(39.0), Some(120.0)));
    let notes = notes(&report);
    assert!(notes.contains("有 3 天的数字，另有 11 天没有数据"), "{notes}");
    assert!(notes.contains("另一代接口也有 1 天") && notes.contains("must not be added"), "{notes}");
}

#[tokio::test]
async fn old_interfaces_have_person_times_and_a_late_figure_replaces_an_early_one() {
    let home = town(&[(10, 24), (12, 15)], 0).await;
    let at = |mut row: Value, time: &str| {
        row["updated_at"] = json!(time);
        row
    };
    let (early, late) = (at(old_day(10, 40), "2026-03-11T00:30:00Z"), at(old_day(10, 60), "2026-03-12T00:30:00Z"));
    home.add(Table::AccountStatistics, &[late, early, old_day(12, 30)]).await;
    let report = ask(&home, &[], |_| {}).await;
    assert_eq!((value(&report, "account_read_users"), value(&report, "account_reads")), (Some(90.0), Some(180.0)));
    assert!(notes(&report).contains("旧接口"), "{}", notes(&report));
    let unknown =
        json!({ "generation": "old", "interface": "getuserread", "day": "2026-03-13", "source": "8", "read_users": 5 });
    home.add(Table::AccountStatistics, &[unknown]).await;
    let again = ask(&home, &[], |_| {}).await;
    assert_eq!(rows(&again, "account_days"), rows(&report, "account_days"), "an unknown source is part of a day");
}

#[tokio::test]
async fn a_report_without_statistics_says_so() {
    let home = town(&[(10, 24)], 0).await;
    let report = ask(&home, &[], |_| {}).await;
    assert!(notes(&report).contains("本期没有公众号自己的统计") && notes(&report).contains("no data of the account"));
    assert!(table(&report, "account_days").is_none() && value(&report, "account_read_users").is_none());
    assert!(report.metrics.iter().all(|metric| metric.name != "identified_share"));
    home.add(Table::AccountStatistics, &[json!({ "generation": "old", "day": "2025-12-10", "read_users": 60 })]).await;
    let report = ask(&home, &[], |_| {}).await;
    assert!(notes(&report).contains("本期没有公众号自己的统计"), "other days have data");
    let part = ask(&home, &[], |query| query.union = Some("u1".to_owned())).await;
    assert!(!notes(&part).contains("公众号自己的统计"), "a report about a union has no such section");
}

#[tokio::test]
async fn more_identified_readers_than_wechat_counts_are_explained() {
    let home = town(&[(10, 24)], 0).await;
    home.add(Table::AccountStatistics, &[new_day(10, 40)]).await;
    let usual = ask(&home, &[], |_| {}).await;
    assert!(!notes(&usual).contains("超过 100%"), "{}", notes(&usual));
    home.add(Table::AccountStatistics, &[new_day(10, 20)]).await;
    let report = ask(&home, &[], |_| {}).await;
    assert_eq!(value(&report, "identified_share"), Some(1.2));
    assert!(notes(&report).contains("超过 100%"), "{}", notes(&report));
}

#[tokio::test]
async fn articles_are_found_by_push_id_and_title_and_small_groups_are_hidden() {
    let home = town(&[(10, 24), (12, 15), (14, 30)], 3).await;
    let articles = [
        of_article("26_1", "Tea", 10, 50),
        of_article("26_1", "Tea", 12, 90),
        of_article("27_1", "Unknown", 12, 80),
        of_article("28_1", "Other words", 12, 70),
        json!({ "generation": "new", "interface": "getarticleread", "day": "2026-03-10", "msgid": "26_1", "read_users": 50 }),
    ];
    home.add(Table::AccountStatistics, &articles).await;
    let sent = [SentArticle { msgid: "28_1".to_owned(), item_id: "a2".to_owned() }];
    let report = ask(&home, &sent, |_| {}).await;
    let expected = [
        json!(["a1", "Tea", "2026-03-10", "new", 90, 39, 0.4333, 7, "<10", "title"]),
        json!(["27_1", "Unknown", "2026-03-10", "new", 80, null, null, 7, null, null]),
        json!(["a2", "Other words", "2026-03-10", "new", 70, 0, 0, 7, 0, "push"]),
    ];
    assert_eq!(rows(&report, "account_articles"), expected, "cumulative figures are compared with the same days");
    assert!(table(&report, "account_days").is_none(), "readers of articles do not sum to readers of the account");
    let sent = [
        SentArticle { msgid: "27_1".to_owned(), item_id: "a1".to_owned() },
        SentArticle { msgid: "28_1".to_owned(), item_id: "a1".to_owned() },
    ];
    let report = ask(&home, &sent, |_| {}).await;
    assert_eq!(rows(&report, "account_articles")[0][4], 240, "batches of one item are one article");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn figures_are_sums_of_shown_days_and_a_hidden_day_hides_its_share(
        readers in prop::collection::vec(0_usize..30, 6),
        account in prop::collection::vec(prop::option::of(30_u64..90), 6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let days: Vec<(u32, usize)> = (10..).zip(readers.iter().copied()).collect();
            let home = town(&days, 0).await;
            let statistics: Vec<Value> =
                (10..).zip(&account).filter_map(|(day, readers)| Some(new_day(day, (*readers)?))).collect();
            home.add(Table::AccountStatistics, &statistics).await;
            let report = ask(&home, &[], |_| {}).await;
            let Some(found) = table(&report, "account_days") else {
                assert!(statistics.is_empty());
                return;
            };
            let daily = table(&report, "daily").expect("the days");
            let (mut ours, mut all) = (0, 0);
            for row in &found.rows {
                let of_day = daily.rows.iter().find(|other| other[0] == row[0]);
                let shown = of_day.map_or(json!(0), |other| other[1].clone());
                assert_eq!(row[3], shown, "the same cells as in the table of days");
                assert_eq!(row[3].is_string(), row[4].is_string(), "{row:?}");
                assert_eq!(row[3].is_string(), row[6].is_string(), "{row:?}");
                if let Some(readers) = row[3].as_u64() {
                    ours += readers;
                    all += row[2].as_u64().expect("a number");
                }
            }
            let share = report.metrics.iter().find(|metric| metric.name == "identified_share").expect("a metric");
            if found.rows.iter().all(|row| row[3].is_string()) {
                assert!(share.suppressed && share.value.is_none());
            } else {
                assert_eq!((share.numerator, share.denominator), (Some(ours as f64), Some(all as f64)));
            }
        });
    }
}
