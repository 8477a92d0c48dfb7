//! Tests of keyed rows and sign-ups: newer rows replace older ones, equal rows are duplicates.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_pipeline::ingest::IngestReport;
use zhihui_pipeline::lake::{HistoryDays, maintain};

use crate::support::Home;

#[tokio::test(flavor = "multi_thread")]
async fn later_files_replace_earlier_rows() {
    let home = Home::new().await;
    let report = home.ingest(&home.file("members-1.csv", "会员编号,所属工会,性别\n1,u1,男\n2,u1,女\n1,u1,男\n")).await;
    assert_eq!((report.totals.new, report.totals.duplicates), (2, 1));
    let report = home.ingest(&home.file("members-2.csv", "会员编号,所属工会,性别\n1,u2,男\n2,u1,女\n3,u3,\n")).await;
    assert_eq!((report.totals.new, report.totals.replaced, report.totals.duplicates), (1, 1, 1));
    let rows = home.rows("select member_id, union_id from members order by member_id").await;
    assert_eq!(rows, ["1 u2", "2 u1", "3 u3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn updated_at_takes_precedence_over_the_order_of_files() {
    let home = Home::new().await;
    let header = "article_id,title,updated_at\n";
    home.ingest(&home.file("articles-1.csv", format!("{header}a,new,2026-11-10\nb,one,2026-11-01\n"))).await;
    let report =
        home.ingest(&home.file("articles-2.csv", format!("{header}a,old,2026-11-01\nb,two,2026-11-02\n"))).await;
    assert_eq!((report.totals.replaced, report.totals.duplicates), (1, 1));
    let report = home.ingest(&home.file("articles-3.csv", "article_id,title\nb,three\n")).await;
    assert_eq!(report.totals.replaced, 1);
    let rows = home.rows("select article_id, title from articles order by 1").await;
    assert_eq!(rows, ["a new", "b three"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_has_one_current_sign_up_per_activity() {
    let home = Home::new().await;
    let header = "member_id,openid,activity_id,signed_up_at,status,updated_at\n";
    let rows = "1,,A,2026-11-01,registered,\n1,,A,2026-11-01,attended,2026-11-09\n,o1,A,2026-11-01,registered,\n2,,A,2026-11-02,waitlisted,\n";
    let report = home.ingest(&home.file("sign_ups.csv", format!("{header}{rows}"))).await;
    assert_eq!((report.totals.new, report.totals.replaced), (3, 1));
    let late = format!("{header}1,,A,2026-11-01,cancelled,2026-11-05\n");
    assert_eq!(home.ingest(&home.file("sign_ups-2.csv", late)).await.totals.duplicates, 1);
    let rows = home.rows("select coalesce(member_id, openid), status, tickets from sign_ups order by 1").await;
    assert_eq!(rows, ["1 attended 1", "2 waitlisted 1", "o1 registered 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_with_unknown_members_and_items_are_counted_and_kept() {
    let home = Home::new().await;
    home.file("members.csv", "member_id,openid\n1,o1\n");
    home.file("articles.csv", "article_id\na\n");
    home.file(
        "reads.csv",
        "member_id,openid,article_id,read_at\n1,,a,2026-11-01\n,o1,a,2026-11-02\n9,,a,2026-11-01\n1,,z,2026-11-01\n",
    );
    let report = home.ingest(&home.inbox()).await;
    assert_eq!((report.totals.new, report.totals.unresolved), (6, 2), "members and articles are ingested before reads");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lake_contains_no_identity_numbers() {
    let home = Home::new().await;
    home.file("members.csv", "会员编号,身份证号\n1,11010519491231002X\n2,110105194912310021\n");
    let report = home.ingest(&home.inbox()).await;
    assert_eq!((report.totals.new, report.totals.reject_reasons["bad_id_number"]), (1, 1));
    assert_eq!(home.rows("select cast(birth_date as varchar), gender from members").await, ["1949-12-31 female"]);
    let mut folders = vec![home.folder.path().join("lake")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                assert!(!bytes.windows(14).any(|part| part == b"11010519491231"), "{}", path.display());
            }
        }
    }
}

const COLUMNS: [&str; 4] = ["home_district", "work_district", "gender", "updated_at"];

/// A random roster of two members with some of the columns, dated, undated, repeated and empty. The column `file_number`, which is
/// not stored, makes every file different, because equal files are ingested only once.
fn roster(dice: &mut ChaCha8Rng, file: usize) -> String {
    let columns: Vec<&str> = COLUMNS.into_iter().filter(|_| dice.gen_bool(0.7)).collect();
    let header: Vec<&str> = ["file_number", "member_id"].into_iter().chain(columns.iter().copied()).collect();
    let mut text = format!("{}\n", header.join(","));
    for _ in 0..dice.gen_range(1..4) {
        text.push_str(&format!("{file},{}", dice.gen_range(1..3)));
        for column in &columns {
            let value = match *column {
                "gender" => ["male", "female", ""][dice.gen_range(0..3)].to_owned(),
                "updated_at" if dice.gen_bool(0.6) => format!("2026-11-{:02}", dice.gen_range(1..20)),
                "updated_at" => String::new(),
                _ => ["x", "y", "z", ""][dice.gen_range(0..4)].to_owned(),
            };
            text.push_str(&format!(",{value}"));
        }
        text.push('\n');
    }
    text
}

/// The current rows after these files by the contract: of the columns that a row has, it replaces the values of earlier rows
/// unless its date is older than the newest date of the column so far.
fn current(files: &[String]) -> Vec<String> {
    let mut current: BTreeMap<&str, BTreeMap<&str, (&str, &str)>> = BTreeMap::new();
    for file in files {
        let header: Vec<&str> = file.lines().next().unwrap().split(',').collect();
        for line in file.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let dated = header.iter().position(|name| *name == "updated_at").map_or("", |at| cells[at]);
            let member = current.entry(cells[1]).or_default();
            for (name, cell) in header.iter().zip(&cells).skip(2) {
                let (value, newest) = member.entry(name).or_default();
                if dated.is_empty() || dated >= *newest {
                    (*value, *newest) = (cell, dated.max(*newest));
                }
            }
        }
    }
    let text = |(member, values): (&str, BTreeMap<&str, (&str, &str)>)| {
        let value = |name: &&str| values.get(name).map(|value| value.0).filter(|value| !value.is_empty());
        let cells = COLUMNS.iter().map(|name| value(name).unwrap_or("null"));
        [member].into_iter().chain(cells).collect::<Vec<_>>().join(" ")
    };
    current.into_iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ingest_and_sql_agree_on_current_rows_before_and_after_maintenance() {
    let now: DateTime<Utc> = "2026-11-22T04:00:00Z".parse().unwrap();
    let mut superseded = 0;
    for seed in 0..6 {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let (plain, maintained) = (Home::new().await, Home::new().await);
        let history = HistoryDays::try_from(8).unwrap();
        let lake = maintained.lake.clone().with_history(history);
        let mut files = Vec::new();
        for n in 0..9 {
            files.push(roster(&mut dice, n));
            let name = format!("members-{n}.csv");
            let (left, right) = (
                plain.ingest(&plain.file(&name, &files[n])).await,
                maintained.ingest(&maintained.file(&name, &files[n])).await,
            );
            let counts = |report: &IngestReport| {
                [report.totals.new, report.totals.replaced, report.totals.duplicates, report.totals.rejected]
            };
            assert_eq!(counts(&left), counts(&right), "seed {seed}, file {n}: {files:#?}");
            if n % 3 == 2 {
                let report = maintain(&lake, now, Duration::days(7)).await.unwrap();
                superseded += report.tables.iter().map(|table| table.superseded_rows).sum::<usize>();
            }
            let day = "to_char(updated_at + interval '8 hours', '%Y-%m-%d')";
            let sql = format!("select member_id, home_district, work_district, gender, {day} from members order by 1");
            let expected = current(&files);
            assert_eq!(plain.rows(&sql).await, expected, "seed {seed}, file {n}: {files:#?}");
            assert_eq!(maintained.rows(&sql).await, expected, "seed {seed}, file {n}, maintained: {files:#?}");
        }
    }
    assert!(superseded > 10, "only {superseded} rows were superseded, too few for this test");
}
