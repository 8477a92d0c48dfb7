//! Statistics of the account in the lake: the same in any order of files, replaced by later ones, refused alone.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use zhihui_pipeline::ingest::FileStatus;

use crate::support::{Home, statuses};

const ALL: &str = "select generation, interface, cast(day as varchar), msgid, source, cast(hour as varchar), read_users, \
                   read_times, followers from account_statistics order by 1, 2, 3, 4, 5, 6";

/// A reply as `zhihui wechat-statistics` stores it.
fn stored(interface: &str, at: &str, list: &Value) -> String {
    let reply = json!({ "list": list });
    json!({ "interface": interface, "fetched_at": at, "reply": reply }).to_string()
}

fn files() -> Vec<(String, String)> {
    let followers = |day: u32, number: u32| json!({ "ref_date": format!("2026-11-{day:02}"), "user_source": 0, "cumulate_user": number });
    let summary =
        |day: u32, readers: u32| json!({ "ref_date": format!("2026-11-{day:02}"), "detail": { "read_user": readers } });
    let read = |day: u32, readers: u32| {
        let sources = json!([{ "scene_desc": "朋友圈", "user_count": readers / 2 }]);
        json!({ "ref_date": format!("2026-11-{day:02}"), "msgid": "26_1",
                "detail": { "read_user": readers, "read_user_source": sources } })
    };
    let older = |day: u32, readers: u32| {
        json!({ "ref_date": format!("2026-11-{day:02}"), "user_source": 99_999_999, "int_page_read_user": readers,
                "int_page_read_count": readers + 5 })
    };
    let files = [
        ("getusercumulate", "10T01:00:00Z", json!([followers(8, 90), followers(9, 95)])),
        ("getusercumulate", "11T01:00:00Z", json!([followers(9, 96), followers(10, 97)])),
        ("getbizsummary", "10T00:30:00Z", json!([summary(9, 40)])),
        ("getbizsummary", "10T02:00:00Z", json!([summary(9, 44)])),
        ("getarticleread", "10T01:00:00Z", json!([read(9, 30)])),
        ("getarticleread", "11T01:00:00Z", json!([read(10, 12)])),
        ("getuserread", "11T01:00:00Z", json!([older(9, 43), older(10, 20)])),
    ];
    let file = |(at, (interface, time, list)): (usize, (&str, &str, Value))| {
        (format!("{interface}-{at}.json"), stored(interface, &format!("2026-11-{time}"), &list))
    };
    files.into_iter().enumerate().map(file).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_in_any_order_and_again_give_the_same_statistics() {
    let mut expected: Option<Vec<String>> = None;
    for seed in 0..6 {
        let home = Home::new().await;
        let mut files = files();
        files.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        for (name, content) in &files {
            home.ingest(&home.file(name, content)).await;
        }
        let rows = home.rows(ALL).await;
        for (name, content) in &files {
            // A byte more, so that the file is not recognised by its hash.
            let report = home.ingest(&home.file(&format!("again/{name}"), format!("{content}\n"))).await;
            assert_eq!((report.totals.new, report.totals.replaced), (0, 0), "{name}: {report:#?}");
        }
        assert_eq!(home.rows(ALL).await, rows);
        assert_eq!(expected.get_or_insert_with(|| rows.clone()), &rows, "seed {seed}");
    }
    let rows = expected.unwrap();
    assert_eq!(rows.len(), 10, "{rows:#?}");
    assert!(rows.contains(&"new getbizsummary 2026-11-09 null null null 44 null null".to_owned()), "{rows:#?}");
    assert!(rows.contains(&"old getuserread 2026-11-09 null null null 43 48 null".to_owned()), "{rows:#?}");
    assert!(rows.contains(&"old getusercumulate 2026-11-09 null null null null null 96".to_owned()), "{rows:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_an_error_of_wechat_is_refused_and_the_others_are_read() {
    let home = Home::new().await;
    home.file("getuserread-1.json", r#"{"errcode":45009,"errmsg":"reach max api daily quota limit"}"#);
    home.file("getusercumulate-1.jsonl", r#"{"list":[{"ref_date":"2026-11-01","user_source":0,"cumulate_user":5}]}"#);
    home.file("notes.json", "{}");
    let report = home.ingest(&home.inbox()).await;
    let expected = [
        ("getusercumulate-1.jsonl", FileStatus::Ingested),
        ("getuserread-1.json", FileStatus::Refused),
        ("notes.json", FileStatus::Skipped),
    ];
    assert_eq!(statuses(&report), expected.map(|(name, status)| (name.to_owned(), status)));
    assert_eq!(report.totals.new, 1);
    let why = report.files[1].error.clone().unwrap();
    assert!(why.contains("45009") && why.contains("fetch it again"), "{why}");
}
