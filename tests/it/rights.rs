//! The rights of members: export, opt-out, topic deletion and complete erasure.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parquet::record::Field;
use serde_json::{Value, json};

use crate::journey::AS_OF;
use crate::program::{Program, Server};

/// A small union with files ingested from the inbox.
fn union_through_the_inbox() -> Program {
    let program = Program::new();
    let inbox = program.home().join("inbox");
    let inbox = inbox.to_str().unwrap();
    program.ok(&[
        "sample",
        "--out",
        inbox,
        "--members",
        "400",
        "--unions",
        "20",
        "--days",
        "60",
        "--seed",
        "5",
        "--as-of",
        AS_OF,
    ]);
    program.json_and_code(&["run", "--as-of", AS_OF]);
    program
}

/// Returns a member with an openid, reads and a preference, and the openid.
fn member_with_openid(program: &Program) -> (String, String) {
    let sql = "select m.member_id, m.openid from members m join preferences p on p.member_id = m.member_id \
               where m.openid is not null and m.personalised is not false \
               group by m.member_id, m.openid order by sum(p.weight) desc, 1 limit 1";
    let row = &program.json(&["sql", sql])[0];
    (row["member_id"].as_str().unwrap().to_owned(), row["openid"].as_str().unwrap().to_owned())
}

/// Returns every file below a folder that contains one of these texts. Parquet files are read row by row.
pub(crate) fn files_with(folder: &Path, words: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, words));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let plain = words.iter().any(|word| bytes.windows(word.len()).any(|window| window == word.as_bytes()));
        let packed = || match path.extension().and_then(|ending| ending.to_str()) {
            Some("parquet") => parquet_holds(&path, words),
            Some("gz") => {
                let mut text = Vec::new();
                std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&bytes[..]), &mut text).unwrap();
                words.iter().any(|word| text.windows(word.len()).any(|window| window == word.as_bytes()))
            }
            _ => false,
        };
        if plain || packed() {
            found.push(path);
        }
    }
    found
}

fn parquet_holds(path: &Path, words: &[&str]) -> bool {
    use parquet::file::reader::FileReader as _;
    let reader = parquet::file::reader::SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let holds = |field: &Field| words.iter().any(|word| field.to_string().contains(word));
    reader.get_row_iter(None).unwrap().any(|row| row.unwrap().get_column_iter().any(|(_, field)| holds(field)))
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(10), "{what} is not so after ten seconds");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn key(program: &Program, server: &Server, scope: &str) -> String {
    let key = program.json(&["key", "add", "rights", "--scope", scope])["key"].as_str().unwrap().to_owned();
    wait_until("a new key", || server.get("/v1/popular", Some(&key)).0 != 401);
    key
}

#[test]
fn an_erased_member_is_removed_from_all_files_and_does_not_return() {
    let program = union_through_the_inbox();
    let (member, openid) = member_with_openid(&program);
    let words = [member.as_str(), openid.as_str()];
    let before = files_with(&program.home(), &words);
    for part in ["inbox", "lake", "published", "trained"] {
        assert!(before.iter().any(|path| path.starts_with(program.home().join(part))), "{part} of {before:?}");
    }
    program.ok(&["member", "opt-in", &member]);
    let held: Value = serde_json::from_str(&program.ok(&["member", "export", &member])).unwrap();
    assert_eq!((&held["member_id"], &held["files"]["openids"][0]), (&json!(member), &json!(openid)));
    for table in ["raw/members", "raw/reads", "built/member_states", "built/interactions", "built/preferences"] {
        let (area, name) = table.split_once('/').unwrap();
        assert!(!held["files"][area][name].as_array().unwrap().is_empty(), "{table} is not in the export");
    }
    assert_eq!(held["database"]["member_switches"][0]["member_id"], member.as_str());
    let text = held.to_string();
    let other = program.json(&["sql", &format!("select member_id from members where member_id <> '{member}' limit 1")]);
    assert!(!text.contains(other[0]["member_id"].as_str().unwrap()), "the export contains data of another member");

    let server = program.serve();
    let admin = key(&program, &server, "admin");
    let address = format!("/v1/recommendations?openid={openid}");
    assert_eq!(server.get_json(&address, &admin).1["member_id"], member.as_str());
    let erased = program.json(&["member", "forget", &member]);
    assert!(erased["erased_rows"].as_array().unwrap().len() >= 5, "{erased}");
    wait_until("the erasure", || server.get_json(&address, &admin).1["member_id"].is_null());
    assert_eq!(server.get_json(&format!("/v1/members/{member}"), &admin).0, 404);
    let gone = format!("from raw_reads where member_id = '{member}' or openid = '{openid}'");
    assert_eq!(program.count(&gone.replace("from ", "")), 0);

    program.json_and_code(&["run", "--as-of", AS_OF]);
    let maintained = program.json(&["maintain"]);
    assert_eq!(maintained["erasures"]["erased"], 1, "{maintained}");
    assert_eq!(files_with(&program.home(), &words), Vec::<PathBuf>::new(), "something is left");
    assert!(server.get_json(&address, &admin).1["member_id"].is_null());

    let old = program.file(
        "old/reads-old.csv",
        format!("member_id,openid,article_id,read_at\n{member},,A00001,2026-10-01 08:00\n,{openid},A00001,2026-10-01 09:00\nM000001,,A00001,2026-10-01 08:00:07\n"),
    );
    let roster =
        program.file("old/members-old.csv", format!("member_id,openid\n{member},oSomebodyNew\nMnew,{openid}\n"));
    let report = program.json(&["ingest", &old, &roster]);
    assert_eq!((&report["totals"]["forgotten"], &report["totals"]["new"]), (&json!(4), &json!(1)), "{report}");
    assert_eq!(files_with(&program.home(), &words), Vec::<PathBuf>::new(), "an old file brought the member back");

    program.ok(&["audit", "verify"]);
    let entries = program.json(&["audit", "list"]);
    let pipeline = ["run", "ingest", "maintenance", "configuration_changed"];
    let actions = entries.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap());
    let actions: Vec<&str> = actions.filter(|action| !pipeline.contains(action)).collect();
    // The refused access after the erasure is recorded too, under a pseudonym.
    assert_eq!(actions, ["member_exported", "member_erased", "key_added", "member_exported", "opt_in"]);
    assert!(!entries.to_string().contains(&member));
}

#[test]
fn an_opt_out_on_the_command_line_affects_service_audiences_and_build() {
    let program = union_through_the_inbox();
    let (member, openid) = member_with_openid(&program);
    let server = program.serve();
    let backend = key(&program, &server, "backend");
    let personalised =
        || server.get_json(&format!("/v1/recommendations?openid={openid}"), &backend).1["personalised"] == true;
    assert!(personalised());
    program.ok(&["member", "opt-out", &member]);
    wait_until("the opt-out", || !personalised());
    assert_eq!(program.json(&["recommend", "--member", &member, "--as-of", AS_OF])["personalised"], false);
    program.json_and_code(&["run", "--as-of", AS_OF]);
    assert_eq!(program.count(&format!("member_states where member_id = '{member}' and not personalised")), 1);
    program.ok(&["member", "opt-in", &member]);
    wait_until("the opt-in", personalised);
    program.json_and_code(&["run", "--as-of", AS_OF]);
    assert_eq!(program.count(&format!("member_states where member_id = '{member}' and personalised")), 1);
}

#[test]
fn a_deleted_topic_is_not_derived_again_from_old_reads() {
    let program = union_through_the_inbox();
    let (member, _) = member_with_openid(&program);
    let sql = format!("select topic from preferences where member_id = '{member}' order by share desc limit 1");
    let topic = program.json(&["sql", &sql])[0]["topic"].as_str().unwrap().to_owned();
    let held = || {
        let held: Value = serde_json::from_str(&program.ok(&["member", "export", &member])).unwrap();
        held["profile"]["preferences"]
            .as_array()
            .unwrap()
            .iter()
            .any(|preference| preference["topic"] == topic.as_str())
    };
    assert!(held());
    program.ok(&["member", "delete-topic", &member, &topic]);
    assert!(!held(), "the topic is held although it was deleted");
    let all = program.count(&format!("preferences where topic = '{topic}'"));
    program.json_and_code(&["run", "--as-of", AS_OF]);
    assert!(!held(), "the topic was derived again");
    assert_eq!(program.count(&format!("preferences where topic = '{topic}' and member_id = '{member}'")), 0);
    assert_eq!(program.count(&format!("preferences where topic = '{topic}'")), all - 1, "other members keep theirs");
}

#[test]
fn sensitive_topics_become_no_preference_segment_or_reason() {
    let program = union_through_the_inbox();
    let (member, _) = member_with_openid(&program);
    let lines: String = (0..20).map(|n| format!("S{n:02},重疾互助 {n},重疾互助;心理健康,2026-11-15 08:00\n")).collect();
    let articles = program.file("articles-s.csv", format!("article_id,title,topics,published_at\n{lines}"));
    let lines: String = (0..20).map(|n| format!("{member},S{n:02},2026-11-18 08:{n:02}\n")).collect();
    let reads = program.file("reads-s.csv", format!("member_id,article_id,read_at\n{lines}"));
    program.json_and_code(&["run", &articles, &reads, "--as-of", AS_OF]);
    for table in ["item_topics", "topic_weights", "preferences", "topic_shares", "topic_by_age_band"] {
        assert_eq!(program.count(&format!("{table} where topic in ('重疾互助', '心理健康')")), 0, "{table}");
    }
    let held = program.ok(&["member", "export", &member]);
    let held: Value = serde_json::from_str(&held).unwrap();
    assert!(!held["profile"].to_string().contains("重疾"), "{}", held["profile"]);
    let list = program.json(&["recommend", "--member", &member, "-n", "50", "--as-of", AS_OF]);
    for item in list["items"].as_array().unwrap() {
        for reason in item["reasons"].as_array().unwrap() {
            let text = reason["text"].as_str().unwrap();
            assert!(!text.contains("重疾互助") && !text.contains("心理健康"), "{item}");
        }
    }
    let report = program.json(&["report", "--as-of", AS_OF]);
    assert!(!report["tables"].to_string().contains("心理健康"), "a table of the report names a sensitive topic");
}

#[test]
fn a_restore_brings_everything_back_except_erased_members() {
    let program = union_through_the_inbox();
    let (member, openid) = member_with_openid(&program);
    let copy = program.path("copy");
    let copy = copy.to_str().unwrap();
    let made = program.json(&["backup", copy]);
    assert!(made["files"].as_u64().unwrap() > 20, "{made}");
    assert_eq!(program.fails(&["backup", copy]).0, 1, "a backup never lands on another");
    let members = program.count("members");
    program.ok(&["member", "forget", &member]);
    assert_eq!(program.fails(&["restore", copy]).0, 2, "a home is not replaced unasked");
    let restored = program.json(&["restore", copy, "--replace"]);
    assert_eq!(restored["erased_again"], 1, "{restored}");
    assert_eq!(program.count("members"), members - 1);
    let answer = program.json(&["recommend", "--openid", &openid, "--as-of", AS_OF]);
    assert_eq!((&answer["member_id"], &answer["personalised"]), (&Value::Null, &json!(false)));
    program.json_and_code(&["run", "--as-of", AS_OF]);
    program.json(&["maintain"]);
    assert_eq!(files_with(&program.home(), &[&member, &openid]), Vec::<PathBuf>::new());
    std::fs::write(Path::new(copy).join("zhihui.toml"), "# another\n").unwrap();
    assert_eq!(program.fails(&["restore", copy, "--replace"]).0, 1, "a damaged backup is refused");
    program.ok(&["doctor"]);
}
