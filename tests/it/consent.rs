//! Consent, events dated ahead and sensitive topics with the real program.

use serde_json::{Value, json};

use zhihui_pipeline::publish::PublishedFolder;

use crate::journey;
use crate::program::{Program, Server};

/// Ten members, nine described articles and an activity, published as of 10 November.
fn small() -> Program {
    let program = Program::new();
    let reads = (1..9)
        .flat_map(|day| (0..10).map(move |member| (day, member)))
        .map(|(day, member)| format!("m{member},a{},2026-11-{day:02}T08:{member:02}:00+08:00\n", (member + day) % 9));
    let reads = std::iter::once("member_id,article_id,read_at\n".to_owned()).chain(reads).collect::<String>();
    program.file("home/inbox/reads.csv", reads);
    let articles = (0..9).map(|n| format!("a{n},文章{n},亲子,2026-11-01 08:00:00\n"));
    let articles = std::iter::once("article_id,title,topics,published_at\n".to_owned()).chain(articles);
    program.file("home/inbox/articles.csv", articles.collect::<String>());
    let members = (0..10).map(|n| format!("m{n},o{n}\n"));
    let members = std::iter::once("member_id,openid\n".to_owned()).chain(members);
    program.file("home/inbox/members.csv", members.collect::<String>());
    program.file(
        "home/inbox/activities.csv",
        "activity_id,title,topics,starts_at,capacity\nb1,采摘,亲子,2026-12-20 09:00:00,2\n",
    );
    program.json(&["run", "--as-of", "2026-11-10T12:00:00+08:00"]);
    program
}

fn key(program: &Program, scope: &str) -> String {
    program.json(&["key", "add", scope, "--scope", scope])["key"].as_str().unwrap().to_owned()
}

#[expect(clippy::needless_pass_by_value, reason = "events are written where they are sent")]
fn send(server: &Server, key: &str, events: Value) -> Value {
    let (status, answer) = server.post_json("/v1/events", key, &json!({ "events": events }));
    assert_eq!(status, 200, "{answer}");
    answer
}

fn list(server: &Server, key: &str, who: &str) -> Value {
    let (status, answer) = server.get_json(&format!("/v1/recommendations?{who}&n=50"), key);
    assert_eq!(status, 200, "{answer}");
    answer
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "{what} does not come about");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

fn seats(list: &Value) -> Option<u64> {
    let items = list["items"].as_array().unwrap();
    items.iter().find(|item| item["item_id"] == "b1").and_then(|item| item["seats_left"].as_u64())
}

#[test]
fn an_event_dated_ahead_delays_no_other_and_counts_once_at_its_time() {
    let program = small();
    let key = key(&program, "backend");
    let server = program.serve_as_of("2026-11-10T13:00:00+08:00");
    let ahead = json!([{ "type": "sign_up", "member_id": "m1", "item_id": "b1", "at": "2026-11-11T12:00:30+08:00" }]);
    let answer = send(&server, &key, ahead);
    assert_eq!(answer["accepted"], 1);
    let warning = &answer["warnings"][0];
    assert_eq!(warning["code"], "dated_ahead", "{answer}");
    assert!(warning["message"].as_str().unwrap().contains("1380 minutes"), "{answer}");
    for batch in 0..5 {
        let read = |n: usize| {
            let at = format!("2026-11-10T12:{:02}:{:02}+08:00", batch * 10 + n / 60, n % 60);
            json!({ "type": "read", "member_id": format!("m{}", n % 10), "item_id": format!("a{}", n % 9), "at": at })
        };
        let answer = send(&server, &key, (0..100).map(read).collect::<Value>());
        assert_eq!((&answer["accepted"], &answer["warnings"]), (&json!(100), &json!([])));
    }
    send(&server, &key, json!([{ "type": "opt_out", "member_id": "m3", "at": "2026-11-11T11:00:00+08:00" }]));
    assert_eq!(seats(&list(&server, &key, "member_id=m0")), Some(1), "what is ahead is seen at once");

    let first = program.json(&["run", "--as-of", "2026-11-10T13:00:00+08:00"]);
    assert_eq!(program.count("reads"), 80 + 500, "later numbers pass");
    assert_eq!((program.count("sign_ups"), program.count("member_events")), (0, 1), "consent does not wait");
    assert_eq!(program.count("member_states where member_id = 'm3' and not personalised"), 1);
    let (_, doctor) = program.json_and_code(&["doctor"]);
    let events = doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "events").unwrap();
    assert!(events["message"].as_str().unwrap().contains("1 are dated ahead"), "{events}");
    wait_until("the new snapshot", || list(&server, &key, "member_id=m0")["version"] == first["version"]);
    assert_eq!(seats(&list(&server, &key, "member_id=m0")), Some(1), "it stays live over the snapshot");

    let plan = program.json(&["run", "--plan", "--as-of", "2026-11-10T13:00:00+08:00"]);
    assert_eq!(plan["steps"][1]["status"], "would_skip", "{plan}");
    let second = program.json(&["run", "--as-of", "2026-11-11T13:00:00+08:00"]);
    assert_eq!(program.count("sign_ups"), 1, "its time has come");
    wait_until("the next snapshot", || list(&server, &key, "member_id=m0")["version"] == second["version"]);
    assert_eq!(seats(&list(&server, &key, "member_id=m0")), Some(1), "it counts once");
    program.json(&["run", "--as-of", "2026-11-11T14:00:00+08:00"]);
    assert_eq!((program.count("sign_ups"), program.count("reads")), (1, 580), "nothing comes twice");
}

#[test]
fn a_later_opt_out_overrides_an_opt_in_dated_ahead() {
    let program = small();
    let key = key(&program, "backend");
    let server = program.serve_as_of("2026-11-10T13:00:00+08:00");
    let ahead = |member: &str| json!({ "type": "opt_in", "member_id": member, "at": "2026-11-10T21:00:00+08:00" });
    send(&server, &key, json!([ahead("m1"), ahead("m2"), ahead("m3"), ahead("m4")]));
    send(&server, &key, json!([{ "type": "opt_out", "member_id": "m1", "at": "2026-11-10T13:00:00+08:00" }]));
    let put = server.put_json("/v1/members/m2/personalised", &key, &json!({ "personalised": false }));
    assert_eq!(put.0, 200, "{}", put.1);
    program.ok(&["member", "opt-out", "m3"]);
    let second = "2026-11-10T13:00:00+08:00";
    for kind in ["opt_out", "opt_in", "opt_out"] {
        let answer = send(&server, &key, json!([{ "type": kind, "member_id": "m4", "at": second }]));
        assert_eq!(answer["accepted"], 1, "{kind}: {answer}");
    }
    let refuses = |when: &str| {
        for member in ["m1", "m2", "m3", "m4"] {
            wait_until(&format!("{when}: {member}"), || {
                list(&server, &key, &format!("member_id={member}"))["personalised"] == false
            });
        }
    };
    refuses("at once");
    let run = program.json(&["run", "--as-of", "2026-11-10T22:00:00+08:00"]);
    wait_until("the snapshot", || list(&server, &key, "member_id=m0")["version"] == run["version"]);
    refuses("after the run");
    for member in ["m1", "m2", "m3", "m4"] {
        let refused = format!("member_states where member_id = '{member}' and not personalised");
        assert_eq!(program.count(&refused), 1, "{member} in the tables");
        assert_eq!(program.count(&format!("preferences where member_id = '{member}'")), 0, "{member}");
        assert_eq!(program.count(&format!("topic_weights where member_id = '{member}'")), 0, "{member}");
        let held: Value = serde_json::from_str(&program.ok(&["member", "export", member])).unwrap();
        assert_eq!((&held["profile"]["preferences"], &held["profile"]["segment"]), (&json!([]), &Value::Null));
    }
    program.file("home/inbox/members-2.csv", "member_id,openid,personalised,updated_at\nm1,o1,true,2026-11-11 08:00\n");
    program.json(&["run", "--as-of", "2026-11-11T12:00:00+08:00"]);
    assert_eq!(program.count("member_states where member_id = 'm1' and not personalised"), 1, "a roster only refuses");
    send(&server, &key, json!([{ "type": "opt_in", "member_id": "m2", "at": second }]));
    wait_until("the opt-in", || list(&server, &key, "member_id=m2")["personalised"] == true);
    program.json(&["run", "--as-of", "2026-11-11T13:00:00+08:00"]);
    assert_eq!(program.count("member_states where member_id = 'm2' and personalised"), 1, "a later opt-in counts");
}

#[test]
fn no_route_selects_members_by_a_sensitive_topic() {
    let program = small();
    program
        .file("home/inbox/articles-s.csv", "article_id,title,topics,published_at\ns1,互助,重疾互助,2026-11-02 08:00\n");
    let reads = (0..5).map(|n| format!("m{n},s1,2026-11-0{}T09:00:00+08:00\n", n + 3)).collect::<String>();
    program.file("home/inbox/reads-s.csv", format!("member_id,article_id,read_at\n{reads}"));
    program.json(&["run", "--as-of", "2026-11-10T12:00:00+08:00"]);
    let staff = key(&program, "staff");
    let server = program.serve_as_of("2026-11-10T13:00:00+08:00");
    let rules = [
        (json!({"did": {"event": "read", "topic": "重疾互助"}}), "/did/topic"),
        (json!({"all": [{"not": {"did": {"event": "read", "item_id": "s1"}}}]}), "/all/0/not/did/item_id"),
        (json!({"preference": {"topic": "重疾互助", "at_least": 0.1}}), "/preference/topic"),
    ];
    for (rule, place) in &rules {
        let body = json!({ "item_id": "b1", "rule": rule });
        let (status, problem) = server.post_json("/v1/audiences/preview", &staff, &body);
        assert_eq!((status, &problem["code"], &problem["pointer"]), (400, &json!("sensitive_topic"), &json!(place)));
        let file = program.file("rule.json", rule.to_string());
        let out = program.path("list.csv");
        let out = out.to_str().unwrap();
        let (code, message) =
            program.fails(&["audience", "--item", "b1", "--rule", &file, "--out", out, "--as-of", "2026-11-10"]);
        assert!(code == 1 && message.contains(place) && message.contains("sensitive"), "{message}");
        assert!(!std::path::Path::new(out).exists());
        let query = format!("item_id=b1&rule={}", percent(&rule.to_string()));
        let (status, text) = server.get(&format!("/audiences/file?{query}&format=csv"), Some(&staff));
        assert!(status == 400 && text.contains("sensitive_topic") && !text.contains("o1"), "{status} {text}");
        let (_, text) = server.get(&format!("/audiences?{query}"), Some(&staff));
        assert!(text.contains("敏感主题") && !text.contains("m1"), "{text}");
    }
    let (status, problem) = server.post_json("/v1/audiences/preview", &staff, &json!({ "topic": "重疾互助" }));
    assert_eq!((status, &problem["code"]), (400, &json!("sensitive_topic")));
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn an_item_known_only_by_id_is_not_offered_until_it_is_described() {
    let program = small();
    program.file(
        "home/inbox/sign_ups.csv",
        "member_id,activity_id,signed_up_at,status\nm1,OLDsignups16,2026-11-09 08:00,registered\n",
    );
    program.file("home/inbox/activities-2.csv", "activity_id,title\nBARE-7,只有标题\n");
    program.json(&["run", "--as-of", "2026-11-10T12:00:00+08:00"]);
    let (backend, staff) = (key(&program, "backend"), key(&program, "staff"));
    let offered = |server: &Server| {
        let mut texts = vec![
            list(server, &backend, "member_id=m0").to_string(),
            server.get("/v1/popular?n=50", Some(&backend)).1,
            server.get("/v1/items/b1/similar?n=50", Some(&backend)).1,
            // 老活动
            server.get("/audiences/search?for=item_id&q.item_id=%E8%80%81%E6%B4%BB%E5%8A%A8", Some(&staff)).1,
        ];
        texts.retain(|text| text.contains("OLDsignups16") || text.contains("BARE-7"));
        texts
    };
    let server = program.serve_as_of("2026-11-10T13:00:00+08:00");
    assert_eq!(offered(&server), Vec::<String>::new());
    let (_, preview) = server.post_json("/v1/audiences/preview", &staff, &json!({ "item_id": "BARE-7" }));
    assert_eq!((&preview["selected"], &preview["excluded"]["undescribed"]), (&json!(0), &json!(10)), "{preview}");
    drop(server);
    program.file(
        "home/inbox/activities-3.csv",
        "activity_id,title,topics\nOLDsignups16,老活动,亲子\nBARE-7,只有标题,亲子\n",
    );
    program.json(&["run", "--as-of", "2026-11-10T12:30:00+08:00"]);
    let server = program.serve_as_of("2026-11-10T13:00:00+08:00");
    assert_eq!(offered(&server).len(), 4, "it is described now");
}

#[test]
fn a_member_has_the_same_preferences_in_sql_and_in_the_export() {
    let program = journey::union();
    let sql = "select member_id from preferences group by member_id order by sum(weight) desc, member_id limit 3";
    for member in program.json(&["sql", sql]).as_array().unwrap() {
        let member = member["member_id"].as_str().unwrap();
        let sql = format!("select topic, share, lift from preferences where member_id = '{member}' order by topic");
        let table = program.json(&["sql", &sql]);
        let held: Value = serde_json::from_str(&program.ok(&["member", "export", member])).unwrap();
        let mut profile = held["profile"]["preferences"].as_array().unwrap().clone();
        profile.sort_by_key(|preference| preference["topic"].as_str().unwrap().to_owned());
        let table = table.as_array().unwrap();
        assert!(!table.is_empty() && table.len() == profile.len(), "{member}: {table:?} {profile:?}");
        for (row, preference) in table.iter().zip(&profile) {
            assert_eq!(row["topic"], preference["topic"]);
            for name in ["share", "lift"] {
                let (one, other) = (row[name].as_f64().unwrap(), preference[name].as_f64().unwrap());
                assert!((one - other).abs() <= 1e-3 * one.abs().max(0.01), "{member} {row} {preference}: {name}");
            }
        }
    }
}

#[test]
fn an_opt_out_removes_the_profile_from_tables_snapshot_and_training() {
    let program = Program::new();
    let inbox = program.home().join("inbox");
    let sample = ["--members", "400", "--unions", "20", "--days", "60", "--seed", "5", "--as-of", journey::AS_OF];
    let mut words = vec!["sample", "--out", inbox.to_str().unwrap()];
    words.extend(sample);
    program.ok(&words);
    program.json_and_code(&["run", "--as-of", journey::AS_OF]);
    let sql = "select p.member_id from preferences p join member_states s on s.member_id = p.member_id \
               where s.personalised group by p.member_id order by sum(p.weight) desc, 1 limit 1";
    let member = program.json(&["sql", sql])[0]["member_id"].as_str().unwrap().to_owned();
    let profile = || {
        let (snapshot, _) = PublishedFolder::at(&program.home().join("published")).load().unwrap();
        let row = snapshot.members.id.binary_search(&member).unwrap();
        let model = &snapshot.model;
        let vector = model.factors.as_ref().map_or_else(Vec::new, |factors| {
            let rank = factors.rank as usize;
            factors.members[row * rank..(row + 1) * rank].to_vec()
        });
        let place = model.member_map.get(2 * row..2 * row + 2).map_or_else(Vec::new, <[f32]>::to_vec);
        let evidence = model.preferences.evidence.row(row).1.to_vec();
        (vector.concat_non_zero(&place).concat_non_zero(&evidence), snapshot.members.segment[row])
    };
    let (numbers, _) = profile();
    assert!(!numbers.is_empty(), "there is a profile to leave");
    let facts = format!("interactions where member_id = '{member}'");
    let n_facts = program.count(&facts);
    program.ok(&["member", "opt-out", &member]);
    let (code, run) = program.json_and_code(&["run", "--as-of", journey::AS_OF]);
    assert_eq!(code, 0, "{run}");
    for table in ["preferences", "topic_weights"] {
        assert_eq!(program.count(&format!("{table} where member_id = '{member}'")), 0, "{table}");
    }
    assert_eq!(program.count(&facts), n_facts, "facts stay");
    assert_eq!(profile(), (Vec::new(), zhihui_data::snapshot::NONE), "the snapshot still has a profile");
    let bytes = |numbers: &[f32]| numbers.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let old = bytes(&numbers[..numbers.len().min(4)]);
    for folder in ["published", "trained"] {
        let folder = program.home().join(folder);
        let current = std::fs::read_to_string(folder.join("current")).unwrap();
        let file = std::fs::read(folder.join(current.trim()).join("snapshot.bin")).unwrap();
        assert!(!file.windows(old.len()).any(|window| window == old), "{} holds the old numbers", folder.display());
    }
    let answer = program.json(&["recommend", "--member", &member, "--as-of", journey::AS_OF]);
    assert_eq!(answer["personalised"], false);
}

trait ConcatNonZero {
    fn concat_non_zero(self, other: &[f32]) -> Self;
}

impl ConcatNonZero for Vec<f32> {
    /// Returns the non-zero numbers of both.
    fn concat_non_zero(mut self, other: &[f32]) -> Self {
        self.extend_from_slice(other);
        self.retain(|value| *value != 0.0);
        self
    }
}
