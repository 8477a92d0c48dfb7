//! Rows of one member from several sources add up: a column that a file does not have keeps its value, an empty one clears it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Duration};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_pipeline::ingest::IngestReport;

use crate::support::Home;

const MEMBERS: &str = "select member_id, openid, union_id, gender, home_district, personalised from members order by 1";

fn counts(report: &IngestReport) -> [u64; 3] {
    [report.totals.new, report.totals.replaced, report.totals.duplicates]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_source_adds_columns_and_clears_only_those_that_it_has() {
    let home = Home::new().await;
    home.ingest(&home.file("members-hr.csv", "会员编号,所属工会,性别,居住地\n1,u1,男,朝阳\n2,u2,女,海淀\n")).await;
    let report = home.ingest(&home.file("members-wechat.csv", "member_id,openid,personalised\n1,o1,\n2,o2,no\n")).await;
    assert_eq!(counts(&report), [0, 2, 0], "a row that adds a column replaces");
    assert_eq!(home.rows(MEMBERS).await, ["1 o1 u1 male 朝阳 null", "2 o2 u2 female 海淀 false"]);
    let report = home.ingest(&home.file("members-hr-2.csv", "会员编号,居住地\n1,\n2,海淀\n3,西城\n")).await;
    assert_eq!(counts(&report), [1, 1, 1], "an empty cell clears; an equal one changes nothing");
    let expected = ["1 o1 u1 male null null", "2 o2 u2 female 海淀 false", "3 null null null 西城 null"];
    assert_eq!(home.rows(MEMBERS).await, expected);
    let report = home.ingest(&home.file("members-ids.csv", "member_id\n1\n4\n")).await;
    assert_eq!(counts(&report), [1, 0, 1], "a row with the key alone says that the member exists");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_without_a_name_keeps_the_value_and_null_clears_it() {
    let home = Home::new().await;
    home.ingest(&home.file("members.csv", "member_id,gender,home_district\n1,male,朝阳\n2,female,海淀\n")).await;
    let records = "{\"member_id\":\"1\",\"gender\":null}\n{\"member_id\":\"2\",\"home_district\":\"西城\"}\n\
        {\"member_id\":\"3\",\"home_district\":\"\"}\n";
    let report = home.ingest(&home.file("members.jsonl", records)).await;
    assert_eq!(counts(&report), [1, 2, 0]);
    let rows = home.rows("select member_id, gender, home_district from members order by 1").await;
    assert_eq!(rows, ["1 null 朝阳", "2 female 西城", "3 null null"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn derived_columns_are_there_if_their_sources_are() {
    let home = Home::new().await;
    let sql = "select member_id, cast(birth_date as varchar), gender from members order by 1";
    home.ingest(&home.file("members-1.csv", "member_id,birth_date,gender\n1,1980-05-06,男\n2,1981-05-06,男\n")).await;
    home.ingest(&home.file("members-2.csv", "会员编号,身份证号\n1,11010519491231002X\n2,\n")).await;
    assert_eq!(home.rows(sql).await, ["1 1949-12-31 female", "2 null male"], "no number says nothing about the sex");
    home.ingest(&home.file("members-3.jsonl", "{\"member_id\":\"2\",\"birth_year\":1970}\n{\"member_id\":\"1\"}\n"))
        .await;
    assert_eq!(home.rows(sql).await, ["1 1949-12-31 female", "2 1970-07-01 male"]);
    let sql = "select activity_id, kind, title from activities order by 1";
    home.ingest(&home.file("activities-1.csv", "activity_id,kind\na,场地\nb,\n")).await;
    home.ingest(&home.file("activities-2.csv", "activity_id,title\na,A\nb,B\nc,C\n")).await;
    assert_eq!(home.rows(sql).await, ["a venue A", "b activity B", "c activity C"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_keyed_table_adds_up() {
    let home = Home::new().await;
    for (name, text) in [
        ("unions-1.csv", "union_id,name\nu1,One\n"),
        ("unions-2.csv", "union_id,district\nu1,朝阳\n"),
        ("articles-1.csv", "article_id,title,topics,updated_at\na,A,x;y,2026-11-02\n"),
        ("articles-2.csv", "article_id,published_at,topics,updated_at\na,2026-10-01,,2026-11-01\n"),
        ("pushes-1.csv", "push_id,member_id,item_id,sent_at,arm,channel\np,1,a,2026-11-01,push,wechat\n"),
        ("pushes-2.csv", "push_id,member_id,item_id,sent_at,arm\np,1,a,2026-11-01,hold_out\n"),
        ("account_statistics-1.csv", "generation,day,read_users\nnew,2026-11-01,7\n"),
        ("account_statistics-2.csv", "generation,day,share_users\nnew,2026-11-01,3\n"),
    ] {
        home.ingest(&home.file(name, text)).await;
    }
    assert_eq!(home.rows("select * from unions").await, ["u1 One 朝阳 null null"]);
    let article = "select title, array_to_string(topics, '+'), published_at from articles";
    assert_eq!(home.rows(article).await, ["A x+y 2026-09-30T16:00:00Z"]);
    assert_eq!(home.rows("select arm, channel from pushes").await, ["hold_out wechat"]);
    assert_eq!(home.rows("select interface, read_users, share_users from account_statistics").await, ["null 7 3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn undated_rows_of_one_request_are_read_in_the_order_of_their_paths() {
    for seed in 0..3 {
        let home = Home::new().await;
        let files = [
            ("2026-10/members.csv", "member_id,gender\n1,male\n"),
            ("2026-11/members-1.csv", "member_id,gender,home_district\n1,,x\n2,female,y\n"),
            ("2026-11/members-2.jsonl", "{\"member_id\":\"1\",\"home_district\":\"z\"}\n"),
        ];
        let mut paths: Vec<PathBuf> = files.iter().map(|(name, text)| home.file(name, text)).collect();
        paths.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        home.ingest_all(paths).await;
        let rows = home.rows("select member_id, gender, home_district from members order by 1").await;
        assert_eq!(rows, ["1 null z", "2 female y"]);
        // A correction that arrives later wins, whatever its name.
        home.ingest(&home.file("2026-09/members.csv", "member_id,home_district\n1,corrected\n")).await;
        assert_eq!(home.rows("select home_district from members where member_id = '1'").await, ["corrected"]);
    }
}

const NAMES: [&str; 5] = ["openid", "union_id", "gender", "home_district", "personalised"];

/// One row of a file: member, time, and the columns that it has, which may be empty.
type DatedRow = (u32, u32, BTreeMap<&'static str, String>);

/// Files of dated rows. All instants differ, so that the newest row of each column is unique.
fn dated_files(dice: &mut ChaCha8Rng) -> Vec<Vec<DatedRow>> {
    let mut minutes: Vec<u32> = (0..60).collect();
    minutes.shuffle(dice);
    let mut row = |names: &[&'static str], dice: &mut ChaCha8Rng| {
        let value = |name: &str, dice: &mut ChaCha8Rng| match name {
            _ if dice.gen_bool(0.25) => String::new(),
            "gender" => ["male", "female"][dice.gen_range(0..2)].to_owned(),
            "personalised" => ["true", "false"][dice.gen_range(0..2)].to_owned(),
            name => format!("{}{}", &name[..2], dice.gen_range(0..4)),
        };
        let values = names.iter().map(|name| (*name, value(name, dice))).collect();
        (dice.gen_range(1..4), minutes.pop().unwrap(), values)
    };
    let mut file = |_| {
        let names: Vec<&str> = NAMES.into_iter().filter(|_| dice.gen_bool(0.5)).collect();
        let mut dice = ChaCha8Rng::seed_from_u64(dice.r#gen());
        (0..dice.gen_range(1..7)).map(|_| row(&names, &mut dice)).collect()
    };
    (0..7).map(&mut file).collect()
}

/// A file as CSV, or as records that leave out some of the columns.
fn text_of(rows: &mut [DatedRow], as_records: bool, dice: &mut ChaCha8Rng) -> String {
    let time = |minute: &u32| format!("2026-11-01T08:{minute:02}:00+08:00");
    if as_records {
        let record = |(member, minute, values): &mut DatedRow| {
            values.retain(|_, _| dice.gen_bool(0.7));
            let value = |(name, value): (&&str, &String)| match value.as_str() {
                "" => format!(",\"{name}\":null"),
                value => format!(",\"{name}\":\"{value}\""),
            };
            let values: String = values.iter().map(value).collect();
            format!("{{\"member_id\":\"{member}\",\"updated_at\":\"{}\"{values}}}\n", time(minute))
        };
        return rows.iter_mut().map(record).collect();
    }
    let names: Vec<&str> = rows[0].2.keys().copied().collect();
    let line = |(member, minute, values): &mut DatedRow| {
        let cells: String = values.values().map(|value| format!(",{value}")).collect();
        format!("{member},{}{cells}\n", time(minute))
    };
    let header = names.iter().map(|name| format!(",{name}")).collect::<String>();
    [format!("member_id,updated_at{header}\n")].into_iter().chain(rows.iter_mut().map(line)).collect()
}

/// The roster before a minute by the contract: of the rows that have a column, the latest gives its value.
fn roster(files: &[Vec<DatedRow>], end: u32) -> Vec<String> {
    let mut rows: Vec<&DatedRow> = files.iter().flatten().filter(|row| row.1 < end).collect();
    rows.sort_by_key(|row| row.1);
    let mut members: BTreeMap<u32, BTreeMap<&str, &str>> = BTreeMap::new();
    for (member, _, values) in rows {
        members.entry(*member).or_default().extend(values.iter().map(|(name, value)| (*name, value.as_str())));
    }
    let line = |(member, values): (u32, BTreeMap<&str, &str>)| {
        let value = |name: &&str| values.get(name).copied().filter(|value| !value.is_empty()).unwrap_or("null");
        format!("{member} {}", NAMES.iter().map(value).collect::<Vec<_>>().join(" "))
    };
    members.into_iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_of_the_same_dated_files_gives_the_same_roster_at_every_instant() {
    for seed in 0..5 {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let mut files = dated_files(&mut dice);
        let texts: Vec<(String, String)> = files
            .iter_mut()
            .enumerate()
            .map(|(at, rows)| {
                let as_records = at % 2 == 1;
                let ending = if as_records { "jsonl" } else { "csv" };
                (format!("members-{at}.{ending}"), text_of(rows, as_records, &mut dice))
            })
            .collect();
        let expected = roster(&files, 60);
        for _ in 0..2 {
            let home = Home::new().await;
            let mut order = texts.clone();
            order.shuffle(&mut dice);
            // Some files arrive together.
            for part in order.chunks(dice.gen_range(1..4)) {
                home.ingest_all(part.iter().map(|(name, text)| home.file(name, text)).collect()).await;
            }
            for end in [15, 30, 45, 60] {
                let as_of =
                    (DateTime::UNIX_EPOCH + Duration::seconds(1_793_491_200)) + Duration::minutes(i64::from(end));
                let rows = home.rows_as_of(Some(as_of), MEMBERS).await;
                assert_eq!(rows, roster(&files, end), "seed {seed}, as of {as_of}: {order:#?}");
            }
            for (name, text) in &order {
                // A byte more, so that the file is not recognised by its hash.
                let report = home.ingest(&home.file(name, format!("{text}\n"))).await;
                assert_eq!(counts(&report), [0, 0, report.totals.rows], "seed {seed}: {name}\n{text}");
            }
            assert_eq!(home.rows(MEMBERS).await, expected, "seed {seed}: {order:#?}");
        }
    }
}
