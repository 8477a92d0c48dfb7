//! Attendance, hours, topics, districts, opinions and data trust in reports on small towns, counted by hand.

use serde_json::{Value, json};
use zhihui_data::{Table, Zone};
use zhihui_engine::report::{MetricValue, MinGroupSize, Report, Targets};
use zhihui_pipeline::report::{ReportOptions, ReportQuery, comments, report};

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

/// The report on the thirty days before 20 March; tables of a month are about February.
async fn built(home: &Home) -> Report {
    let options = options();
    built_about(home, ReportQuery::last_days(30, options.as_of, options.zone)).await
}

async fn built_in_february(home: &Home) -> Report {
    let days = ReportQuery::last_days(30, time(AS_OF), Zone::default());
    let (from, to) = (time("2026-01-31T16:00:00Z"), time("2026-02-28T16:00:00Z"));
    built_about(home, ReportQuery { from, to, ..days }).await
}

async fn built_about(home: &Home, query: ReportQuery) -> Report {
    home.build(AS_OF).await.expect("built");
    let options = options();
    report(&home.lake, &query, &options).await.expect("a report")
}

fn metric<'a>(report: &'a Report, name: &str) -> &'a MetricValue {
    report.metrics.iter().find(|metric| metric.name == name).expect("a metric")
}

fn value(report: &Report, name: &str) -> f64 {
    metric(report, name).value.unwrap_or_else(|| panic!("{name} has no value"))
}

fn rows<'a>(report: &'a Report, name: &str) -> &'a [Vec<Value>] {
    &report.tables.iter().find(|table| table.name == name).expect("a table").rows
}

fn id(number: usize) -> String {
    format!("m{number:03}")
}

async fn add_members(home: &Home, count: usize, columns: impl Fn(usize) -> Value) {
    let member = |number: usize| {
        let mut row = columns(number);
        row["member_id"] = id(number).into();
        row
    };
    home.add(Table::Members, &(0..count).map(member).collect::<Vec<Value>>()).await;
}

fn read(number: usize, article: &str, at: &str) -> Value {
    json!({"member_id": id(number), "article_id": article, "read_at": at})
}

/// Eighty members of `u` and sixty of `v`. Of one hundred who attended `a2`, forty attended `a1` before the period, and twenty
/// attended `a3` as well. For `a3` twelve wait and twelve did not come.
async fn attendance(waiting: usize) -> Report {
    let home = Home::new().await;
    add_members(&home, 140, |number| json!({"union_id": if number < 80 { "u" } else { "v" }})).await;
    let sign_up = |number: usize, activity: &str, at: &str, status: &str| json!({"member_id": id(number), "activity_id": activity, "signed_up_at": at, "status": status});
    let mut rows: Vec<Value> =
        (0..40).map(|number| sign_up(number, "a1", "2026-01-10T01:00:00Z", "attended")).collect();
    rows.extend((0..100).map(|number| sign_up(number, "a2", "2026-03-02T01:00:00Z", "attended")));
    rows.extend((0..20).map(|number| sign_up(number, "a3", "2026-03-03T01:00:00Z", "attended")));
    rows.extend((100..100 + waiting).map(|number| sign_up(number, "a3", "2026-03-03T01:00:00Z", "waitlisted")));
    rows.extend((112..124).map(|number| sign_up(number, "a3", "2026-03-03T01:00:00Z", "no_show")));
    home.add(Table::SignUps, &rows).await;
    let activity = |name: &str, starts: &str| json!({"activity_id": name, "starts_at": starts});
    let activities = [activity("a2", "2026-03-12T01:00:00Z"), activity("a3", "2026-03-05T01:00:00Z")];
    home.add(Table::Activities, &activities).await;
    built(&home).await
}

#[tokio::test]
async fn first_timers_never_attended_before_and_waiting_lists_are_counted() {
    let report = attendance(12).await;
    let share = metric(&report, "first_timer_share");
    assert_eq!((share.numerator, share.denominator, share.value), (Some(60.0), Some(100.0), Some(0.6)));
    assert_eq!((value(&report, "waitlisted"), value(&report, "no_shows")), (12.0, 12.0));
    assert_eq!(value(&report, "sign_up_lead_days"), 10.0, "ten days for a hundred, two for twenty");
    assert!(metric(&attendance(9).await, "waitlisted").suppressed, "nine people wait");
}

#[tokio::test]
async fn attendance_is_spread_over_members_and_unions_by_the_coefficient_of_gini() {
    let report = attendance(12).await;
    // Eighty attended once and twenty twice: 80 · 20 · 1 / (100 · 120).
    assert!((value(&report, "attendance_gini") - 2.0 / 15.0).abs() < 1e-12);
    // The ten who attended most did so twice.
    assert!((value(&report, "top_tenth_share") - 20.0 / 120.0).abs() < 1e-12);
    // 100 attendances of 80 members and 20 of 60: 80 · 60 · (1.25 − 1/3) / (140 · 120).
    assert!((value(&report, "union_gini") - 4_400.0 / 16_800.0).abs() < 1e-12);
}

#[tokio::test]
async fn reads_are_counted_by_local_hour_and_weekday_and_members_by_their_days() {
    let home = Home::new().await;
    add_members(&home, 70, |_| json!({})).await;
    // Monday 09:30, Tuesday 20:15 and Wednesday 08:00 in Shanghai.
    let mut reads: Vec<Value> = (0..30).map(|number| read(number, "a1", "2026-02-09T01:30:00Z")).collect();
    reads.extend((0..12).map(|number| read(number, "a1", "2026-02-10T12:15:00Z")));
    reads.extend((0..4).map(|number| read(number, "a1", "2026-02-11T00:00:00Z")));
    home.add(Table::Reads, &reads).await;
    let report = built_in_february(&home).await;
    let hours = rows(&report, "hours");
    assert_eq!((hours.len(), &hours[9][..3]), (24, &[json!("09:00"), json!(30), json!(0)][..]));
    assert_eq!((&hours[8][3], &hours[20][2]), (&json!("<10"), &json!("<10")), "four readers, and those next to them");
    let days: Vec<&Value> = rows(&report, "active_days").iter().map(|row| &row[1]).collect();
    assert_eq!(days[..4], [&json!(40), &json!(18), &json!(12), &json!(0)]);
    let mean = metric(&report, "active_days");
    assert_eq!((mean.numerator, mean.denominator), (Some(46.0), Some(30.0)));
}

#[tokio::test]
async fn topics_are_compared_by_articles_and_reads() {
    let home = Home::new().await;
    add_members(&home, 60, |_| json!({})).await;
    let article = |name: &str, topics: &[&str]| json!({"article_id": name, "topics": topics, "published_at": "2026-02-03T01:00:00Z"});
    let articles = [article("a1", &["tea"]), article("a2", &["tea", "sport"]), article("a3", &["sport"])];
    home.add(Table::Articles, &articles).await;
    let mut reads: Vec<Value> = (0..40).map(|number| read(number, "a1", "2026-02-05T01:00:00Z")).collect();
    reads.extend((0..20).map(|number| read(number, "a3", "2026-02-06T01:00:00Z")));
    home.add(Table::Reads, &reads).await;
    let report = built(&home).await;
    let expected = [
        [json!("tea"), json!(133.3333), json!(2), json!(0.5), json!(40), json!(0.6667)],
        [json!("sport"), json!(66.6667), json!(2), json!(0.5), json!(20), json!(0.3333)],
    ];
    assert_eq!(rows(&report, "topic_supply"), expected);
}

/// Home and work districts with their members.
async fn districts(pairs: &[(Option<&str>, Option<&str>, usize)]) -> Report {
    let home = Home::new().await;
    let each: Vec<(Option<&str>, Option<&str>)> =
        pairs.iter().flat_map(|&(home, work, count)| std::iter::repeat_n((home, work), count)).collect();
    add_members(&home, each.len(), |at| json!({"home_district": each[at].0, "work_district": each[at].1})).await;
    built(&home).await
}

#[tokio::test]
async fn home_districts_are_set_against_work_districts() {
    let large = [
        (Some("朝阳"), Some("海淀"), 30),
        (Some("朝阳"), Some("朝阳"), 20),
        (None, None, 15),
        (Some("海淀"), None, 12),
    ];
    let report = districts(&large).await;
    let expected = [
        [json!("朝阳"), json!("海淀"), json!(30)],
        [json!("朝阳"), json!("朝阳"), json!(20)],
        [json!("unknown"), json!("unknown"), json!(15)],
        [json!("海淀"), json!("unknown"), json!(12)],
    ];
    assert_eq!(rows(&report, "districts"), expected);
    let known = metric(&report, "district_known_share");
    assert_eq!((known.numerator, known.denominator), (Some(50.0), Some(77.0)), "the others cannot be compared");
    let mut with_few = large.to_vec();
    with_few.push((Some("通州"), Some("朝阳"), 4));
    let report = districts(&with_few).await;
    let shown: Vec<&Value> = rows(&report, "districts").iter().map(|row| &row[2]).collect();
    assert!(!shown.contains(&&json!(12)), "the four would be the rest of all: {shown:?}");
    assert_eq!(shown[..2], [&json!(30), &json!(20)]);
}

#[tokio::test]
async fn ratings_are_shown_by_item_and_topic_unless_few_members_rated() {
    let home = Home::new().await;
    add_members(&home, 60, |_| json!({})).await;
    let article = |name: &str, topics: &[&str]| json!({"article_id": name, "title": name, "topics": topics});
    home.add(Table::Articles, &[article("a1", &["tea"]), article("a2", &["tea"]), article("a3", &[])]).await;
    let rate = |number: usize, item: Option<&str>, rating: u64| json!({"member_id": id(number), "item_id": item, "at": "2026-02-05T01:00:00Z", "rating": rating});
    let mut ratings: Vec<Value> = (0..12).map(|number| rate(number, Some("a1"), 4)).collect();
    ratings.extend((12..22).map(|number| rate(number, Some("a2"), 5)));
    ratings.extend((22..25).map(|number| rate(number, Some("a3"), 1)));
    ratings.extend((25..37).map(|number| rate(number, None, 3)));
    home.add(Table::Feedback, &ratings).await;
    let report = built_in_february(&home).await;
    let of_items = rows(&report, "ratings_by_item");
    assert_eq!((&of_items[0][1], &of_items[0][4]), (&json!("公众号整体 The account"), &json!(3)));
    assert_eq!(of_items[1][2..], [json!(12), json!(12), json!(4)]);
    assert_eq!(of_items[2][2..], [json!("<10"), json!("<10"), json!("<10")], "ten, to protect three");
    assert_eq!(rows(&report, "ratings_by_topic"), [[json!("tea"), json!(22), json!(22), json!(4.4545)]]);
    assert_eq!(value(&report, "raters"), 37.0);
}

#[tokio::test]
async fn followers_come_from_rosters_and_events_and_unknown_readers_are_counted() {
    let home = Home::new().await;
    // Twelve joined and fifteen followed in March; ten unfollowed.
    add_members(&home, 60, |number| {
        json!({
            "joined_at": (number < 12).then_some("2026-03-02T01:00:00Z"),
            "followed_at": (number < 15).then_some("2026-03-03T01:00:00Z"),
            "unfollowed_at": (30..40).contains(&number).then_some("2026-03-04T01:00:00Z"),
        })
    })
    .await;
    // Two more follow; one of the ten unfollows again.
    let event =
        |number: usize, event: &str| json!({"member_id": id(number), "event": event, "at": "2026-03-06T01:00:00Z"});
    home.add(Table::MemberEvents, &[event(50, "follow"), event(51, "follow"), event(30, "unfollow")]).await;
    let unknown =
        |number: usize| json!({"openid": format!("o{number}"), "article_id": "a1", "read_at": "2026-03-05T01:00:00Z"});
    let mut reads: Vec<Value> = (0..30).map(|number| read(number, "a1", "2026-03-05T01:00:00Z")).collect();
    reads.extend((0..10).map(unknown));
    home.add(Table::Reads, &reads).await;
    let shown = |number: usize, item: &str| json!({"member_id": id(number), "item_id": item, "shown_at": "2026-03-05T01:00:00Z"});
    let mut lists: Vec<Value> = (0..20).map(|number| shown(number, "a1")).collect();
    lists.extend((0..10).map(|number| shown(number, "a2")));
    home.add(Table::Shown, &lists).await;
    let report = built(&home).await;
    let names =
        ["joined_members", "followers_gained", "followers_lost", "net_followers", "shown_members", "shown_items"];
    assert_eq!(names.map(|name| value(&report, name)), [12.0, 17.0, 10.0, 7.0, 20.0, 2.0]);
    let identified = metric(&report, "resolved_share");
    assert_eq!((identified.numerator, identified.denominator), (Some(60.0), Some(70.0)));
    assert_eq!(value(&report, "rejected_rows"), 0.0);
    let reads = rows(&report, "sources").iter().find(|row| row[0] == "reads").expect("a row");
    assert_eq!(reads[1..], [json!("2026-03-05 09:00"), json!(40), json!(0), json!(0)]);
}

#[tokio::test]
async fn who_shares_is_told_by_union_and_never_by_member() {
    let home = Home::new().await;
    home.add(Table::Unions, &[json!({"union_id": "u", "name": "一厂"}), json!({"union_id": "v"})]).await;
    add_members(&home, 100, |number| json!({"union_id": if number < 60 { "u" } else { "v" }})).await;
    let reads: Vec<Value> = (0..40).chain(60..85).map(|number| read(number, "a1", "2026-02-05T01:00:00Z")).collect();
    home.add(Table::Reads, &reads).await;
    let share = |number: usize| json!({"member_id": id(number), "item_id": "a1", "shared_at": "2026-02-05T02:00:00Z"});
    home.add(Table::Shares, &(0..20).chain(60..72).map(share).collect::<Vec<Value>>()).await;
    let report = built(&home).await;
    let expected = [
        [json!("u"), json!("一厂"), json!(20), json!(40), json!(0.5)],
        [json!("v"), json!("v"), json!(12), json!(25), json!(0.48)],
    ];
    assert_eq!(rows(&report, "sharers_by_union"), expected);
}

#[tokio::test]
async fn comments_are_listed_without_authors_and_are_in_no_report() {
    let home = Home::new().await;
    home.add(Table::Unions, &[json!({"union_id": "u"}), json!({"union_id": "v"})]).await;
    add_members(&home, 40, |number| json!({"union_id": if number < 20 { "u" } else { "v" }})).await;
    home.add(Table::Articles, &[json!({"article_id": "a1", "title": "Tea"})]).await;
    let comment = |number: usize, day: u64, text: &str| json!({"member_id": id(number), "item_id": "a1", "at": format!("2026-03-0{day}T01:00:00Z"), "rating": 4, "text": text});
    home.add(Table::Feedback, &[comment(0, 5, "early"), comment(1, 6, "late"), comment(30, 6, "elsewhere")]).await;
    let report = built(&home).await;
    assert!(!serde_json::to_string(&report).expect("JSON").contains("early"));
    let query = ReportQuery { union: Some("u".into()), ..ReportQuery::last_days(30, time(AS_OF), Zone::default()) };
    let found = comments(&home.lake, &query, &options()).await.expect("comments");
    let texts: Vec<&str> = found.iter().map(|comment| comment.text.as_str()).collect();
    assert_eq!(texts, ["late", "early"], "the latest first, of the union only");
    let first = &found[0];
    assert_eq!((first.title.as_deref(), first.rating, first.at), (Some("Tea"), Some(4), 1_772_758_800));
}
