//! Figures that were once derived from several shown ones: an article from its topic, and some days from months and weeks.

use serde_json::{Value, json};
use zhihui_data::Table;
use zhihui_engine::report::{Report, ReportTable};

use super::differencing::{ask, metric};
use super::home::{Home, time};

const AS_OF: &str = "2026-03-20T02:00:00Z";

/// Members `from` to `to` read an article on a day of February, one read each.
type Reads = (&'static str, std::ops::Range<usize>, &'static str);

/// Eighty members of one age, and two articles about tea.
async fn readers_of(reads: &[Reads]) -> Home {
    let home = Home::new().await;
    let member = |at: usize| json!({"member_id": format!("m{at:03}"), "union_id": "u", "birth_date": "1985-01-01"});
    home.add(Table::Members, &(0..80).map(member).collect::<Vec<Value>>()).await;
    let article = |id: &str| json!({"article_id": id, "title": id, "topics": ["tea"]});
    home.add(Table::Articles, &["a1", "a2"].map(article)).await;
    let read = |article: &str, at: usize, day: &str| json!({"member_id": format!("m{at:03}"), "article_id": article, "read_at": format!("{day}T01:00:00Z")});
    let rows: Vec<Value> = reads
        .iter()
        .flat_map(|(article, members, day)| members.clone().map(move |at| read(article, at, day)))
        .collect();
    home.add(Table::Reads, &rows).await;
    home.build(AS_OF).await.expect("built");
    home
}

fn table<'a>(report: &'a Report, name: &str) -> &'a ReportTable {
    report.tables.iter().find(|table| table.name == name).expect("a table")
}

/// The whole report on days of February and March in the zone, `to` exclusive.
async fn on_days(home: &Home, from: &str, to: &str) -> Report {
    let midnight = |day: &str| time(&format!("{day}T00:00:00Z")) - chrono::Duration::hours(8);
    let period = ask(home, |query| (query.from, query.to) = (midnight(from), midnight(to)));
    period.await.expect("a report")
}

/// Shown readers and reads of the topic without those of the shown articles.
async fn left_of_topic(reads: &[Reads]) -> Option<[i64; 2]> {
    let report = on_days(&readers_of(reads).await, "2026-02-01", "2026-03-01").await;
    let sum = |name: &str, column: usize| {
        table(&report, name).rows.iter().map(|row| row[column].as_i64()).sum::<Option<i64>>()
    };
    let shown =
        |column: usize| table(&report, "articles").rows.iter().filter_map(|row| row[column].as_i64()).sum::<i64>();
    Some([sum("topics", 2)? - shown(2), sum("topics", 3)? - shown(3)])
}

#[tokio::test]
async fn an_article_with_few_readers_is_not_the_rest_of_its_topic() {
    // Four of the thirty readers of the first article read the second one too: four more reads and no more readers.
    assert_eq!(left_of_topic(&[("a1", 0..30, "2026-02-03"), ("a2", 0..4, "2026-02-04")]).await, None);
    // Four others read the second one: four more readers.
    assert_eq!(left_of_topic(&[("a1", 0..30, "2026-02-03"), ("a2", 30..34, "2026-02-04")]).await, None);
    let enough = left_of_topic(&[("a1", 0..30, "2026-02-03"), ("a2", 30..45, "2026-02-04")]).await;
    assert_eq!(enough, Some([0, 0]), "fifteen readers are shown");
}

#[tokio::test]
async fn few_readers_of_some_days_are_not_the_month_without_its_other_days() {
    // Three members read on the 18th, and nobody else did on this day.
    let home =
        readers_of(&[("a1", 0..40, "2026-02-03"), ("a1", 40..43, "2026-02-18"), ("a2", 43..70, "2026-02-25")]).await;
    let names = ["readers", "active_members", "reads", "new_members"];
    let mut of = Vec::new();
    for (from, to) in
        [("02-01", "03-01"), ("02-01", "02-18"), ("02-19", "03-01"), ("02-18", "02-19"), ("02-01", "02-19")]
    {
        let report = on_days(&home, &format!("2026-{from}"), &format!("2026-{to}")).await;
        of.push(names.map(|name| metric(&report, name).value));
    }
    for (at, name) in names.into_iter().enumerate() {
        let [month, before, after, day, with_day] = [0, 1, 2, 3, 4].map(|period: usize| of[period][at]);
        assert_eq!(month, Some(70.0), "the month is shown");
        assert_eq!(day, None, "{name} of the day");
        assert_ne!(month.zip(before).zip(after).map(|((all, some), more)| all - some - more), Some(3.0), "{name}");
        assert_ne!(with_day.zip(before).map(|(all, some)| all - some), Some(3.0), "{name}");
        assert!([before, after, with_day].iter().any(Option::is_some), "{name}: nothing but the month is shown");
    }
}

#[tokio::test]
async fn days_with_enough_readers_are_shown_in_any_period() {
    let home =
        readers_of(&[("a1", 0..40, "2026-02-03"), ("a1", 40..60, "2026-02-18"), ("a2", 60..80, "2026-02-25")]).await;
    for (from, to, readers) in [("02-01", "02-18", 40.0), ("02-03", "02-19", 60.0), ("02-18", "03-19", 40.0)] {
        let report = on_days(&home, &format!("2026-{from}"), &format!("2026-{to}")).await;
        for name in ["readers", "reads", "active_members", "new_members"] {
            assert_eq!(metric(&report, name).value, Some(readers), "{name} from {from} to {to}");
        }
    }
}

#[tokio::test]
async fn a_day_is_hidden_if_few_members_read_on_other_days_only() {
    // Everybody but three read on the third, the others on the fourth with most of them.
    let home = readers_of(&[("a1", 0..30, "2026-02-03"), ("a2", 10..33, "2026-02-04")]).await;
    let report = on_days(&home, "2026-02-01", "2026-03-01").await;
    assert_eq!(metric(&report, "readers").value, Some(33.0));
    let days: Vec<&Value> = table(&report, "daily").rows.iter().map(|row| &row[1]).collect();
    assert_eq!(days, [&json!("<10"), &json!(23)], "33 less 30 is three");
}

#[tokio::test]
async fn few_readers_of_a_day_that_has_just_begun_do_not_hide_the_days_before() {
    let home = readers_of(&[("a1", 0..40, "2026-03-18"), ("a2", 40..43, "2026-03-20")]).await;
    let readers = async |to: &str| metric(&on_days(&home, "2026-02-18", to).await, "readers").value;
    assert_eq!(readers("2026-03-20").await, Some(40.0));
    assert_eq!(readers("2026-03-21").await, None, "three readers are the difference");
}
