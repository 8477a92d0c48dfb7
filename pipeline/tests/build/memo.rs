//! The memo on small towns whose numbers are counted by hand.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zhihui_data::{Table, Zone};
use zhihui_engine::report::{EffectState, Memo, MinGroupSize, Report, Targets};
use zhihui_pipeline::report::{Compare, ReportOptions, ReportQuery, report};

use super::home::{Home, limits, time};
use super::reporting::town;

const AS_OF: &str = "2026-03-20T02:00:00Z";

async fn ask(home: &Home, targets: &[(&str, f64)], change: impl FnOnce(&mut ReportQuery)) -> Report {
    let targets: BTreeMap<String, f64> = targets.iter().map(|&(name, target)| (name.to_owned(), target)).collect();
    let options = ReportOptions {
        as_of: time(AS_OF),
        zone: Zone::default(),
        min_group_size: MinGroupSize::default(),
        targets: Targets::try_from(targets).expect("known metrics"),
        limits: limits(),
    };
    let mut query = ReportQuery::last_days(30, options.as_of, options.zone);
    change(&mut query);
    report(&home.lake, &query, &options).await.expect("a report")
}

fn february(query: &mut ReportQuery) {
    (query.from, query.to) = (time("2026-01-31T16:00:00Z"), time("2026-02-28T16:00:00Z"));
}

fn memo(report: &Report) -> &Memo {
    report.memo.as_ref().expect("a memo")
}

/// Two hundred members of one union. In January a hundred read about tea and sixty about films, in February forty of the first
/// and the same sixty. Ten unions `q0` to `q9` of 12 to 21 members and one of five members do nothing.
async fn fewer_tea_readers() -> Home {
    let home = Home::new().await;
    let member = |union: &str, number: usize| json!({"member_id": format!("{union}m{number:03}"), "union_id": union});
    let mut members: Vec<Value> = (0..200).map(|number| member("u", number)).collect();
    for quiet in 0..10 {
        members.extend((0..12 + quiet).map(|number| member(&format!("q{quiet}"), number)));
    }
    members.extend((0..5).map(|number| member("tiny", number)));
    home.add(Table::Members, &members).await;
    let mut unions: Vec<Value> = (0..10)
        .map(|at| json!({"union_id": format!("q{at}"), "name": format!("第 {at} 工会"), "district": "海淀"}))
        .collect();
    unions.extend([json!({"union_id": "u"}), json!({"union_id": "tiny"})]);
    home.add(Table::Unions, &unions).await;
    let article = |id: &str| json!({"article_id": id, "title": id, "topics": [id]});
    home.add(Table::Articles, &[article("tea"), article("films")]).await;
    let read = |number: usize, article: &str, at: &str| json!({"member_id": format!("um{number:03}"), "article_id": article, "read_at": at});
    let (january, february) = ("2026-01-10T01:00:00Z", "2026-02-10T01:00:00Z");
    let mut reads: Vec<Value> = (0..100).map(|number| read(number, "tea", january)).collect();
    reads.extend((0..40).map(|number| read(number, "tea", february)));
    reads.extend((100..160).flat_map(|number| [read(number, "films", january), read(number, "films", february)]));
    home.add(Table::Reads, &reads).await;
    home.build(AS_OF).await.expect("built");
    home
}

#[tokio::test]
async fn a_mover_has_the_topic_that_moved_most_as_its_reason() {
    let home = fewer_tea_readers().await;
    let report = ask(&home, &[], february).await;
    let memo = memo(&report);
    let movers: Vec<&str> = memo.movers.iter().map(|mover| mover.metric.as_str()).collect();
    assert_eq!(movers, ["readers", "active_members"], "reads say the same as readers");
    assert_eq!(memo.movers[0].sentence.zh, "阅读人数减少 38%：100 人（上期 160 人）");
    assert_eq!(memo.movers[0].change, Some(100.0 / 160.0 - 1.0));
    let reason = memo.movers[0].reason.as_ref().expect("a reason");
    assert_eq!(reason.zh, "「tea」主题的读者减少最多：2026年1月的 100 人变为2026年2月的 40 人。");
    assert_eq!(
        reason.en,
        "The number of readers of the topic tea fell most, from 100 in January 2026 to 40 in February 2026."
    );
    assert_eq!(memo.movers[1].reason, None, "no part of the account departs from the whole");
}

#[tokio::test]
async fn the_largest_silent_unions_are_named_and_small_ones_never() {
    let home = fewer_tea_readers().await;
    let report = ask(&home, &[], february).await;
    let silent = &memo(&report).silent_unions;
    let named: Vec<(&str, u64)> = silent.unions.iter().map(|union| (union.name.as_str(), union.members)).collect();
    assert_eq!((named.len(), named[0], named[7], silent.more), (8, ("第 9 工会", 21), ("第 2 工会", 14), 1));
    assert_eq!(silent.unions[0].district.as_deref(), Some("海淀"));
    // The smallest of the ten is hidden as well, because the total would tell the size of the one of five members.
    assert!(silent.sentence.zh.starts_with("2026年2月整月，9 家工会"), "{}", silent.sentence.zh);
    assert!(!serde_json::to_string(memo(&report)).expect("JSON").contains("tiny"), "five members are too few to name");
    // 14 + 15 + … + 21 members.
    assert_eq!(memo(&report).action.zh, "本周从第 9 工会开始，给上面 8 家工会打电话，它们共有 140 名会员。");
}

#[tokio::test]
async fn a_silent_union_stands_for_those_below_it() {
    let home = fewer_tea_readers().await;
    let below = |at: usize| json!({"union_id": format!("q{at}"), "parent_union_id": "q9"});
    let mut unions: Vec<Value> = (0..9).map(below).collect();
    unions.push(json!({"union_id": "tiny", "parent_union_id": "q9"}));
    home.add(Table::Unions, &unions).await;
    home.build(AS_OF).await.expect("built");
    let report = ask(&home, &[], february).await;
    let silent = &memo(&report).silent_unions;
    let named: Vec<(&str, u64)> = silent.unions.iter().map(|union| (union.name.as_str(), union.members)).collect();
    // 12 + 13 + … + 21 members and five, each counted once.
    assert_eq!((named, silent.more), (vec![("第 9 工会", 170)], 0));
    assert!(memo(&report).action.zh.contains("170 名会员"), "{}", memo(&report).action.zh);
}

#[tokio::test]
async fn a_period_without_data_calls_no_union_silent() {
    let home = fewer_tea_readers().await;
    let report = ask(&home, &[], |query| {
        (query.from, query.to) = (time("2020-01-31T16:00:00Z"), time("2020-02-29T16:00:00Z"));
    });
    let report = report.await;
    let memo = memo(&report);
    assert!(memo.silent_unions.unions.is_empty() && memo.silent_unions.sentence.en.contains("no record"), "{memo:?}");
    assert!(memo.action.en.contains("check that its data were imported"), "{}", memo.action.en);
    assert_eq!(memo.headline.zh, "2月1日至2月29日：370 名会员中有 0 人参与，活跃率 0%。");
}

#[tokio::test]
async fn nothing_moves_without_a_change_a_comparison_or_an_end_of_the_period() {
    let home = fewer_tea_readers().await;
    let moved = async |change: &dyn Fn(&mut ReportQuery)| {
        let report = ask(&home, &[], change).await;
        (memo(&report).movers.len(), memo(&report).movers_note.en.clone())
    };
    let (movers, note) = moved(&|query| {
        february(query);
        query.compare = Compare::Nothing;
    })
    .await;
    assert!(movers == 0 && note.contains("no earlier figures"), "{note}");
    let (movers, note) = moved(&|query| {
        february(query);
        query.to = time("2026-03-31T16:00:00Z");
    })
    .await;
    assert!(movers == 0 && note.contains("has not ended"), "{note}");
    let (movers, _) = moved(&|query| {
        (query.from, query.to) = (time("2025-12-31T16:00:00Z"), time("2026-01-31T16:00:00Z"));
    })
    .await;
    assert_eq!(movers, 0, "nothing is known about December");
}

#[tokio::test]
async fn a_target_is_on_the_tile_in_the_headline_and_in_the_json() {
    let home = town().await;
    let targets = [("active_share", 0.6), ("silent_unions", 3.0)];
    let report = ask(&home, &targets, |_| {}).await;
    let memo = memo(&report);
    assert_eq!(
        memo.headline.zh,
        "2月18日至3月19日：115 名会员中有 63 人参与，活跃率 54.8%，比上期高 44.3 个百分点，离目标 60% 还差 5.2 个百分点。"
    );
    assert_eq!(memo.tiles[..2], ["active_share", "silent_unions"], "metrics with a target come first");
    assert!((3..=6).contains(&memo.tiles.len()), "{:?}", memo.tiles);
    let json = serde_json::to_value(&report).expect("JSON");
    let target = |name: &str| {
        json["metrics"]
            .as_array()
            .and_then(|all| all.iter().find(|metric| metric["name"] == name))
            .map(|one| &one["target"])
    };
    assert_eq!((target("active_share"), target("readers")), (Some(&json!(0.6)), Some(&Value::Null)));
    let week = ask(&home, &targets, |query| query.from = time("2026-03-12T16:00:00Z")).await;
    assert!(week.metrics.iter().all(|metric| metric.target.is_none()), "targets are about a month");
    let union = ask(&home, &targets, |query| query.union = Some("big".into())).await;
    let of = |name: &str| union.metrics.iter().find(|metric| metric.name == name).and_then(|metric| metric.target);
    assert_eq!((of("active_share"), of("silent_unions")), (Some(0.6), None), "a count is about the whole account");
}

#[tokio::test]
async fn the_memo_says_what_pushes_added_or_how_much_is_missing() {
    let home = town().await;
    let report = ask(&home, &[], |_| {}).await;
    let [push] = &memo(&report).pushes[..] else { panic!("one push of an activity") };
    // Thirty of forty against twenty of forty.
    assert_eq!((push.response.as_str(), push.state, push.points), ("sign_up", EffectState::Clear, Some(25.0)));
    assert!(push.sentence.zh.starts_with("推送活动使报名率提高 25.0 个百分点（95% 区间 "), "{}", push.sentence.zh);
    assert!(push.sentence.en.ends_with("about 10 more sign-ups."), "{}", push.sentence.en);
    let metric = report.metrics.iter().find(|metric| metric.name == "uplift_sign_up").expect("a metric");
    assert_eq!(metric.interval, push.interval);
    // Eight more of the held-out members sign up, so that the difference is not clear any more.
    let more = |number: usize| {
        json!({"member_id": format!("big{number:02}"), "activity_id": "v1", "signed_up_at": "2026-03-06T02:00:00Z",
               "status": "registered"})
    };
    home.add(Table::SignUps, &(60..68).map(more).collect::<Vec<Value>>()).await;
    home.build(AS_OF).await.expect("built");
    let report = ask(&home, &[], |_| {}).await;
    let push = &memo(&report).pushes[0];
    // 30 of 40 against 28 of 40: (1.96 + 0.8416)² × (0.75 × 0.25 + 0.7 × 0.3) / 0.05² = 1,248 in each arm.
    assert_eq!((push.state, push.more_members), (EffectState::Unclear, Some(2 * 1_248 - 80)), "{}", push.sentence.en);
    assert!(push.sentence.zh.contains("数据不足") && push.sentence.zh.contains("2,500 人次"), "{}", push.sentence.zh);
}
