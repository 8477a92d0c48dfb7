//! Small groups that two tables of a report would reveal together: what is left of a topic, of a month or of other days.

use serde_json::{Value, json};
use zhihui_data::{Table, Zone};
use zhihui_engine::report::{MinGroupSize, Report};
use zhihui_pipeline::report::ReportQuery;

use super::home::{Home, time};
use super::report_family::{ask, february};

async fn town() -> Home {
    let home = Home::new().await;
    let member = |at: usize| json!({"member_id": format!("m{at:03}"), "birth_date": "1985-01-01"});
    home.add(Table::Members, &(0..200).map(member).collect::<Vec<Value>>()).await;
    home
}

async fn add_articles(home: &Home, articles: &[(&str, &[&str])]) {
    let article = |(id, topics): &(&str, &[&str])| json!({"article_id": id, "title": id, "topics": topics, "published_at": "2026-02-02T01:00:00Z"});
    home.add(Table::Articles, &articles.iter().map(article).collect::<Vec<Value>>()).await;
}

async fn add_reads(home: &Home, article: &str, day: u32, members: std::ops::Range<usize>) {
    let read = |at: usize| json!({"member_id": format!("m{at:03}"), "article_id": article, "read_at": format!("2026-02-{day:02}T02:00:00Z")});
    home.add(Table::Reads, &members.map(read).collect::<Vec<Value>>()).await;
}

async fn report_on_february(home: &Home) -> Report {
    home.build(super::random_town::AS_OF).await.expect("built");
    ask(home, MinGroupSize::default(), february).await.expect("a report").report
}

fn row<'a>(report: &'a Report, table: &str, first: &str) -> &'a [Value] {
    let table = report.tables.iter().find(|found| found.name == table).unwrap_or_else(|| panic!("no table {table}"));
    table.rows.iter().find(|row| row[0] == first).unwrap_or_else(|| panic!("no row {first}: {:?}", table.rows))
}

#[tokio::test]
async fn a_topic_is_hidden_in_its_supply_if_the_rest_of_it_is_few_readers() {
    let home = town().await;
    add_articles(
        &home,
        &[
            ("a1", &["tea"]),
            ("a2", &["tea"]),
            ("a3", &["milk"]),
            ("a4", &["milk"]),
            ("a5", &["bread"]),
            ("a6", &["bread"]),
            ("a7", &["water"]),
        ],
    )
    .await;
    add_reads(&home, "a1", 3, 0..40).await;
    add_reads(&home, "a2", 4, 40..44).await;
    for (article, members) in [("a3", 50..95), ("a4", 60..110), ("a5", 0..60), ("a6", 0..12)] {
        add_reads(&home, article, 5, members).await;
    }
    add_reads(&home, "a7", 6, 120..128).await;
    let report = report_on_february(&home).await;
    assert_eq!(row(&report, "articles", "a1")[2], json!(40));
    assert_eq!(row(&report, "topics", "tea")[2], json!("<10"), "four read the other article");
    assert_eq!(row(&report, "topic_supply", "tea")[4..], [json!("<10"), json!("<10")], "the same four");
    assert_eq!(row(&report, "topic_supply", "milk")[4], json!(60));
}

#[tokio::test]
async fn the_index_of_a_topic_does_not_reveal_the_few_readers_of_its_articles() {
    let home = town().await;
    add_articles(&home, &[("a1", &["tea"]), ("a2", &["tea", "milk"]), ("a3", &["milk"]), ("a4", &["bread"])]).await;
    add_reads(&home, "a1", 3, 0..8).await;
    add_reads(&home, "a2", 4, 8..16).await;
    add_reads(&home, "a3", 5, 20..80).await;
    add_reads(&home, "a4", 5, 80..150).await;
    let report = report_on_february(&home).await;
    // Sixteen reads and 8 + 8 / 2 attention are two equations of two articles.
    assert!(row(&report, "topics", "tea")[4].is_string() || row(&report, "topics", "tea")[2].is_string());
    let supply = row(&report, "topic_supply", "tea");
    assert!(supply[1].is_string() && supply[5].is_string(), "{supply:?}");
}

#[tokio::test]
async fn a_topic_of_ratings_is_hidden_if_the_rest_of_it_is_few_members() {
    let home = town().await;
    add_articles(
        &home,
        &[
            ("a1", &["tea"]),
            ("a2", &["tea"]),
            ("a3", &["milk"]),
            ("a4", &["milk"]),
            ("a5", &["bread"]),
            ("a6", &["water"]),
        ],
    )
    .await;
    let rating = |item: &str, at: usize| json!({"member_id": format!("m{at:03}"), "item_id": item, "at": "2026-02-05T01:00:00Z", "rating": 4});
    let mut rows: Vec<Value> = (0..40).map(|at| rating("a1", at)).collect();
    rows.extend((40..44).map(|at| rating("a2", at)));
    rows.extend((50..90).map(|at| rating("a3", at)));
    rows.extend((60..110).map(|at| rating("a4", at)));
    rows.extend((0..12).map(|at| rating("a5", at)));
    rows.extend((120..128).map(|at| rating("a6", at)));
    home.add(Table::Feedback, &rows).await;
    let report = report_on_february(&home).await;
    // The fewest of the shown items are hidden with the four.
    let raters = |item: &str| row(&report, "ratings_by_item", item)[2].clone();
    assert_eq!(["a1", "a2", "a5"].map(raters), [json!(40), json!("<10"), json!("<10")]);
    assert_eq!(row(&report, "ratings_by_topic", "milk")[1], json!(60));
    assert_eq!(
        row(&report, "ratings_by_topic", "tea")[1..],
        ["<10"; 3].map(Value::from),
        "four rated the other article"
    );
}

fn cumulative(generation: &str, last: u32) -> Value {
    let interface = if generation == "old" { "getarticletotal" } else { "getarticletotaldetail" };
    json!({"generation": generation, "interface": interface, "day": format!("2026-02-{last:02}"), "msgid": "a1",
           "cumulative": true, "published_on": "2026-02-03", "title": "a1", "read_users": 90, "share_users": 7})
}

async fn accounts_articles(statistics: &[Value]) -> Report {
    let home = town().await;
    add_articles(&home, &[("a1", &["tea"])]).await;
    add_reads(&home, "a1", 3, 0..40).await;
    add_reads(&home, "a1", 9, 0..20).await;
    add_reads(&home, "a1", 10, 40..43).await;
    home.add(Table::AccountStatistics, statistics).await;
    report_on_february(&home).await
}

fn identified(report: &Report) -> Vec<(String, Value)> {
    let table = report.tables.iter().find(|table| table.name == "account_articles").expect("a table");
    table.rows.iter().map(|row| (row[3].as_str().expect("a generation").to_owned(), row[5].clone())).collect()
}

#[tokio::test]
async fn two_generations_of_an_article_do_not_reveal_the_readers_of_the_days_between() {
    let both = identified(&accounts_articles(&[cumulative("old", 9), cumulative("new", 10)]).await);
    let shown: Vec<&(String, Value)> = both.iter().filter(|(_, readers)| readers.is_u64()).collect();
    assert_eq!(shown, [&("new".to_owned(), json!(63))], "three read on the tenth only");
    let same = identified(&accounts_articles(&[cumulative("old", 10), cumulative("new", 10)]).await);
    assert!(same.iter().all(|(_, readers)| *readers == json!(63)), "the same days reveal nothing: {same:?}");
}

#[tokio::test]
async fn figures_of_an_article_until_a_day_do_not_reveal_its_few_later_readers_of_the_month() {
    let report = accounts_articles(&[cumulative("new", 3)]).await;
    assert_eq!(row(&report, "articles", "a1")[2], json!(43));
    assert_eq!(identified(&report), [("new".to_owned(), json!("<10"))], "43 of the month less the forty of a day");
    let until_the_ninth = identified(&accounts_articles(&[cumulative("new", 9)]).await);
    assert_eq!(until_the_ninth, [("new".to_owned(), json!(60))], "who read on one day only is not known");
}

#[tokio::test]
async fn an_article_that_was_sent_twice_shows_the_same_figures_in_every_period() {
    let home = town().await;
    add_articles(&home, &[("a1", &["tea"])]).await;
    add_reads(&home, "a1", 3, 0..40).await;
    add_reads(&home, "a1", 12, 20..32).await;
    add_reads(&home, "a1", 13, 40..43).await;
    let of = |published_on: &str, last: &str, msgid: &str| {
        json!({"generation": "new", "interface": "getarticletotaldetail", "day": last, "msgid": msgid, "cumulative": true,
               "published_on": published_on, "title": "a1", "url": "a1", "read_users": 90, "share_users": 7})
    };
    home.add(
        Table::AccountStatistics,
        &[of("2026-02-03", "2026-02-10", "26_1"), of("2026-02-12", "2026-02-13", "27_1")],
    )
    .await;
    let whole = report_on_february(&home).await;
    let days = ask(&home, MinGroupSize::default(), |query: &mut ReportQuery| {
        (query.from, query.to) = (time("2026-02-01T16:00:00Z"), time("2026-02-09T16:00:00Z"));
        assert_eq!(Zone::default().day(query.from).to_string(), "2026-02-02");
    });
    let part = days.await.expect("a report").report;
    assert_eq!(identified(&whole), [("new".to_owned(), json!(55))]);
    assert_eq!(identified(&part), [("new".to_owned(), json!("<10"))], "55 less 40 would be those of two days");
}
