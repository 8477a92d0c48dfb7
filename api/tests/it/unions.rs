//! Staff limited to one union: responses contain only members of that union and of unions below it.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;
use zhihui_api::{PublishedEngine, Role, Settings};
use zhihui_data::snapshot::{NONE, Snapshot, encode};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::support::{Answer, Fixture, NOW, with_key};

/// Operations open to staff that return members, each with a request.
const NAME_MEMBERS: &[(&str, &str)] = &[
    ("POST /v1/audiences/preview", "{\"item_id\":\"a1\",\"hold_out\":0}"),
    ("GET /audiences?item_id=a1&hold_out=0", ""),
    ("GET /audiences/file?item_id=a1&hold_out=0&format=csv", ""),
    ("GET /audiences/file?item_id=a1&hold_out=0&format=xlsx", ""),
];

/// Every operation open to staff of one union, with requests that would disclose other members. An operation of the route
/// registry that is missing here fails the test, unless the registry closes it to them.
const PROBES: &[(&str, &[(&str, &str)])] = &[
    ("POST /v1/audiences/preview", &[("/v1/audiences/preview", "{\"item_id\":\"a1\",\"hold_out\":0}")]),
    ("POST /v1/audiences/seat-plan", &[("/v1/audiences/seat-plan", "{\"item_id\":\"b1\",\"hold_out\":0}")]),
    (
        "POST /v1/audiences/band-plan",
        &[
            ("/v1/audiences/band-plan", "{\"item_ids\":[\"a1\",\"b1\"],\"hold_out\":0}"),
            (
                "/v1/audiences/band-plan",
                "{\"item_ids\":[\"a1\",\"b1\"],\"by\":\"segment\",\"rule\":{\"not\":{\"any\":[]}}}",
            ),
        ],
    ),
    (
        "POST /v1/audiences/look-alikes",
        &[
            ("/v1/audiences/look-alikes", "{\"seed\":{\"rule\":{}}}"),
            ("/v1/audiences/look-alikes", "{\"seed\":{\"member_ids\":[\"m1\",\"m2\",\"m9\"]}}"),
        ],
    ),
    ("POST /v1/audiences", &[("/v1/audiences", "{\"name\":\"\",\"rule\":{}}")]),
    ("GET /v1/audiences", &[("/v1/audiences", "")]),
    ("GET /v1/audiences/{id}", &[("/v1/audiences/au_0", "")]),
    ("PUT /v1/audiences/{id}", &[("/v1/audiences/au_0", "{}")]),
    ("DELETE /v1/audiences/{id}", &[("/v1/audiences/au_0", "")]),
    ("GET /v1/audiences/{id}/members/{member_id}", &[("/v1/audiences/au_0/members/m2", "")]),
    ("GET /v1/audiences/{id}/days", &[("/v1/audiences/au_0/days", "")]),
    ("GET /v1/audiences/{id}/days/{day}/members", &[("/v1/audiences/au_0/days/2026-11-22/members?change=entered", "")]),
    ("POST /v1/exclusion-lists", &[("/v1/exclusion-lists", "{\"name\":\"x\",\"ids\":[\"m2\",\"o2\"]}")]),
    ("GET /v1/exclusion-lists", &[("/v1/exclusion-lists", "")]),
    ("DELETE /v1/exclusion-lists/{id}", &[("/v1/exclusion-lists/xl_0", "")]),
    ("POST /v1/push-lists", &[("/v1/push-lists", "{\"item_id\":\"a1\",\"hold_out\":0}")]),
    ("GET /v1/push-lists", &[("/v1/push-lists", "")]),
    ("GET /v1/push-lists/{id}", &[("/v1/push-lists/pl_0", "")]),
    ("POST /v1/push-lists/{id}/submit", &[("/v1/push-lists/pl_0/submit", "")]),
    ("POST /v1/push-lists/{id}/approve", &[("/v1/push-lists/pl_0/approve", "")]),
    ("POST /v1/push-lists/{id}/reject", &[("/v1/push-lists/pl_0/reject", "{\"reason\":\"no\"}")]),
    ("POST /v1/push-lists/{id}/close", &[("/v1/push-lists/pl_0/close", "")]),
    ("GET /v1/push-lists/{id}/members", &[("/v1/push-lists/pl_0/members", "")]),
    ("GET /v1/push-lists/{id}/export", &[("/v1/push-lists/pl_0/export", "")]),
    ("GET /exclusions", &[("/exclusions?added=xl_0&deleted=xl_0", "")]),
    ("POST /exclusions", &[("/exclusions", "name=x&ids=m2")]),
    ("POST /exclusions/{id}/delete", &[("/exclusions/xl_0/delete", "csrf=x")]),
    ("POST /exclusions/{id}/restore", &[("/exclusions/xl_0/restore", "csrf=x")]),
    ("GET /push-lists", &[("/push-lists", "")]),
    ("POST /push-lists", &[("/push-lists?item_id=a1&hold_out=0", "csrf=x")]),
    ("GET /push-lists/{id}", &[("/push-lists/pl_0", "")]),
    ("POST /push-lists/{id}", &[("/push-lists/pl_0", "step=submit")]),
    ("GET /v1/reports/{name}", &[("/v1/reports/engagement", ""), ("/v1/reports/engagement?union=u3", "")]),
    (
        "GET /v1/reports/{name}/export",
        &[
            ("/v1/reports/engagement/export?format=csv&table=metrics", ""),
            ("/v1/reports/engagement/export?format=json&union=u3", ""),
        ],
    ),
    ("GET /", &[("/", "")]),
    ("GET /items", &[("/items", ""), ("/items?show=articles", "")]),
    ("GET /items/{id}", &[("/items/a1", ""), ("/items/b1", "")]),
    (
        "GET /audiences",
        &[
            ("/audiences?item_id=a1&hold_out=0", ""),
            ("/audiences?item_id=b1&hold_out=0", ""),
            ("/audiences?item_id=a1&union=u3", ""),
            ("/audiences?find=r-0.v&q.r-0.v=&union=u3", ""),
        ],
    ),
    ("POST /audiences", &[("/audiences", "r.is=all&r-0.is=union_subtree&r-0.op=in&r-0.v=u3&op=find:r-0.v")]),
    (
        "GET /audiences/band-plan",
        &[
            ("/audiences/band-plan?item_id=a1&item_id=b1&hold_out=0", ""),
            ("/audiences/band-plan?item_id=a1&item_id=b1&union=u3", ""),
        ],
    ),
    ("GET /audiences/search", &[("/audiences/search?for=r-0.v", ""), ("/audiences/search?for=r-0.v&q=u3", "")]),
    ("GET /audiences/saved", &[("/audiences/saved?deleted=au_0", "")]),
    ("POST /audiences/saved", &[("/audiences/saved?union=u3", "name=")]),
    ("GET /audiences/saved/{id}", &[("/audiences/saved/au_0?day=2026-11-22&change=left", "")]),
    ("POST /audiences/saved/{id}/delete", &[("/audiences/saved/au_0/delete", "csrf=x")]),
    ("POST /audiences/saved/{id}/restore", &[("/audiences/saved/au_0/restore", "csrf=x")]),
    (
        "GET /audiences/file",
        &[("/audiences/file?item_id=a1&hold_out=0", ""), ("/audiences/file?item_id=a1&union=u3", "")],
    ),
    ("GET /members", &[("/members", "")]),
    ("POST /members", &[("/members", "member_id=m2&reason=called")]),
    ("GET /members/{id}", &[("/members/m2", "")]),
    ("POST /members/{id}/switch", &[("/members/m2/switch", "personalised=false&reason=called")]),
    ("POST /members/{id}/team-match", &[("/members/m2/team-match", "team_match=false&reason=called")]),
    ("GET /data", &[("/data", ""), ("/data?run=r1", "")]),
    ("GET /reports", &[("/reports", ""), ("/reports?union=u3", "")]),
    ("GET /reports/comments", &[("/reports/comments", ""), ("/reports/comments?union=u3", "")]),
    ("GET /reports/explore", &[("/reports/explore", ""), ("/reports/explore?union=u3", "")]),
    ("GET /reports/links", &[("/reports/links", "")]),
    ("POST /reports/links", &[("/reports/links", "days=7"), ("/reports/links", "days=7&union=u3")]),
    ("POST /reports/notes", &[("/reports/notes?union=u3", "first=2026-11-01&text=x")]),
    ("POST /reports/notes/{id}/delete", &[("/reports/notes/rn_0/delete", "csrf=x")]),
    ("POST /reports/links/{id}/revoke", &[("/reports/links/rl_0/revoke", "csrf=x")]),
];
/// The subset whose responses to staff of all unions change when members or files of other unions change.
const TELLING: &[&str] = &[
    "POST /v1/audiences/preview",
    "POST /v1/audiences/seat-plan",
    "GET /audiences",
    "GET /audiences/file",
    "GET /audiences/search",
    "GET /data",
    "GET /items",
    "GET /items/{id}",
];
/// `m1` belongs to `u2`, a child of `u1`; `m2` belongs to `u3`, a sibling of `u2`.
fn snapshot() -> Snapshot {
    let mut snapshot = tiny();
    snapshot.members.personalised = vec![true; 2];
    snapshot.unions.id = ["u1", "u2", "u3"].map(str::to_owned).to_vec();
    snapshot.unions.name = ["总会", "一厂工会", "二厂工会"].map(str::to_owned).to_vec();
    snapshot.unions.district = vec![NONE; 3];
    snapshot.unions.parent = vec![NONE, 0, 0];
    snapshot.members.union = vec![1, 2];
    snapshot
}

/// A state that must look the same from `u2`: the member of `u3`, the name of `u3` and the files of the pipeline differ.
fn other_outside() -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.unions.name[2] = "三厂工会".to_owned();
    let members = &mut snapshot.members;
    (members.id[1], members.openid[1]) = ("m9".to_owned(), "o9".to_owned());
    (members.age[1], members.age_band[1], members.gender[1], members.follows[1]) = (70, 6, 1, false);
    snapshot
}

async fn serving(snapshot: Snapshot, files: &'static str) -> Fixture {
    encode(&snapshot).expect("the snapshot is valid");
    let fixture = Fixture::with_file_prefix(Settings::default(), files).await;
    fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
    fixture
}

async fn fixture() -> Fixture {
    serving(snapshot(), "reads").await
}

/// Creates a key of staff limited to this union.
async fn key_of(fixture: &Fixture, union: Option<&str>) -> String {
    let key = fixture.store.keys().add_within("test", Role::Staff, union, NOW).await.unwrap();
    fixture.service.reload_keys().await.unwrap();
    key.key
}

/// Signs in as staff limited to this union and returns the cookie.
async fn staff_of(fixture: &Fixture, union: Option<&str>) -> String {
    let name = union.unwrap_or("whole");
    fixture.store.users().add_within(name, Role::Staff, union, "a long password", NOW).await.unwrap();
    let answer = fixture.post_form("/login", &format!("name={name}&password=a+long+password"), "").await;
    answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned()
}

async fn ask(fixture: &Fixture, operation: &str, body: &str, cookie: &str) -> Answer {
    let (method, address) = operation.split_once(' ').unwrap();
    let media_type = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
    let request = Request::builder()
        .method(method.parse::<Method>().unwrap())
        .uri(address)
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, media_type);
    fixture.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// Sends a request with a key and returns status and body.
async fn probe(fixture: &Fixture, method: &str, address: &str, body: &str, key: &str) -> (u16, String) {
    let media_type = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
    let request =
        with_key(Request::builder().method(method).uri(address), key).header(header::CONTENT_TYPE, media_type);
    let answer = fixture.send(request.body(Body::from(body.to_owned())).unwrap()).await;
    (answer.status.as_u16(), without_random_ids(&answer.text))
}

/// Removes the random part of the ids of push lists, exclusion lists, links to reports and keys.
fn without_random_ids(text: &str) -> String {
    let without = |text: String, prefix: &str| {
        let mut parts = text.split(prefix);
        let first = parts.next().unwrap_or_default().to_owned();
        let rest = |part: &str| part.trim_start_matches(|letter: char| letter.is_ascii_hexdigit()).to_owned();
        parts.fold(first, |text, part| text + prefix + &rest(part))
    };
    ["pl_", "xl_", "rl_", "/shared/", "key "].into_iter().fold(text.to_owned(), without)
}

/// The stored data about members and files.
async fn state(fixture: &Fixture) -> (zhihui_engine::overlay::Consent, Vec<String>) {
    let files = std::fs::read_dir(fixture.home.path().join("inbox")).unwrap();
    let files = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    (fixture.store.consent().load().await.unwrap(), files)
}

#[tokio::test]
async fn staff_of_a_union_see_and_change_nothing_outside_it() {
    let (here, there) = (serving(snapshot(), "reads").await, serving(other_outside(), "secret").await);
    let (own_here, own_there) = (key_of(&here, Some("u2")).await, key_of(&there, Some("u2")).await);
    let (all_here, all_there) = (key_of(&here, None).await, key_of(&there, None).await);
    let before = state(&here).await;
    let document = here.get("/openapi.json", "").await.json();
    let mut probed = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let (method, roles) = (method.to_uppercase(), operation["x-roles"].as_array().unwrap());
            let name = format!("{method} {path}");
            let address = path.replace("{id}", "m2").replace("{name}", "engagement").replace("{topic}", "t");
            if roles.is_empty() {
                // Open to everybody, so it cannot depend on the caller.
                continue;
            }
            if operation["x-whole-account"] == json!(true) || !roles.contains(&json!("staff")) {
                let (status, text) = probe(&here, &method, &address, "", &own_here).await;
                assert_eq!(status, 403, "{name}: {text}");
                continue;
            }
            let probes = PROBES.iter().find(|(known, _)| *known == name);
            let (known, requests) = probes.unwrap_or_else(|| {
                panic!("{name}: add a request to PROBES that could disclose members of other unions")
            });
            probed.push(*known);
            let mut tells = false;
            for (address, body) in *requests {
                let seen = probe(&here, &method, address, body, &own_here).await;
                assert_eq!(seen, probe(&there, &method, address, body, &own_there).await, "{name} {address}");
                let named = ["m2", "m9", "o2", "o9", "二厂工会", "三厂工会", "secret"];
                // The response may repeat the request.
                let asked = |word: &&&str| address.contains(**word) || body.contains(**word);
                let found = named.iter().filter(|word| !asked(word)).find(|word| seen.1.contains(**word));
                assert_eq!(found, None, "{name} {address}: {}", seen.1);
                let whole = probe(&here, &method, address, body, &all_here).await;
                tells |= whole != probe(&there, &method, address, body, &all_there).await;
            }
            assert!(tells || !TELLING.contains(known), "{name}: the probes show no difference to anybody");
        }
    }
    assert!(PROBES.iter().all(|(known, _)| probed.contains(known)), "a probe is of no route: {probed:?}");
    // Staff of all unions changed the consent of m2.
    let mut after = state(&here).await;
    assert_eq!(after.0.personalised.remove("m2").map(|wish| wish.allowed), Some(false));
    after.0.switched_after.remove("m2");
    assert_eq!(after.0.team_match.remove("m2"), Some(false));
    assert_eq!(before, after);
}

#[tokio::test]
async fn refusals_of_staff_of_a_union_are_recorded_once_a_minute() {
    let fixture = fixture().await;
    let key = key_of(&fixture, Some("u2")).await;
    for _ in 0..3 {
        for (method, address) in [
            ("POST", "/data/files"),
            ("POST", "/data/run"),
            ("GET", "/data/mapping?file=reads.csv"),
            ("GET", "/v1/reports/engagement?union=u3"),
        ] {
            assert_eq!(probe(&fixture, method, address, "", &key).await.0, 403, "{address}");
        }
        let body = "personalised=false&reason=called";
        assert_eq!(probe(&fixture, "POST", "/members/m2/switch", body, &key).await.0, 404);
        assert_eq!(probe(&fixture, "POST", "/members/nobody/switch", body, &key).await.0, 404);
    }
    let entries = fixture.store.audit().list(100, None).await.unwrap();
    let mut refused: Vec<(&str, Option<&str>)> =
        entries.iter().map(|entry| (entry.detail["asked_for"].as_str().unwrap(), entry.member_id.as_deref())).collect();
    refused.sort_unstable();
    assert!(entries.iter().all(|entry| entry.action == "scope_refused"), "{entries:?}");
    assert_eq!(
        refused,
        [("/data/files", None), ("/data/mapping", None), ("/data/run", None), ("member", Some("m2")), ("union", None)]
    );
}

#[tokio::test]
async fn reports_are_narrowed_to_the_union_and_the_data_page_offers_no_upload() {
    let fixture = fixture().await;
    let (own, all) = (staff_of(&fixture, Some("u2")).await, staff_of(&fixture, None).await);
    assert!(ask(&fixture, "GET /reports", "", &own).await.text.contains("只看 u2"));
    assert!(!ask(&fixture, "GET /reports", "", &all).await.text.contains("只看"));
    let comments = ask(&fixture, "GET /reports/comments", "", &own).await.text;
    assert!(comments.contains("很好&#60;b&#62;u2"), "narrowed to the union, and text is no HTML: {comments}");
    let (limited, whole) = (ask(&fixture, "GET /data", "", &own).await, ask(&fixture, "GET /data", "", &all).await);
    for offered in ["/data/files", "/data/run", "/data/errors.xlsx", "reads.csv"] {
        assert!(whole.text.contains(offered), "{offered}");
        assert!(!limited.text.contains(offered), "{offered}: {}", limited.text);
    }
    assert!(!ask(&fixture, "GET /", "", &own).await.text.contains("/data?run="));
}

#[tokio::test]
async fn staff_of_a_union_get_only_its_members() {
    let fixture = fixture().await;
    let (all, top, own) =
        (staff_of(&fixture, None).await, staff_of(&fixture, Some("u1")).await, staff_of(&fixture, Some("u2")).await);
    for (operation, body) in NAME_MEMBERS {
        for (cookie, sees_m2) in [(&all, true), (&top, true), (&own, false)] {
            let answer = ask(&fixture, operation, body, cookie).await;
            assert_eq!(answer.status, StatusCode::OK, "{operation}: {}", answer.text);
            assert!(answer.text.contains("m1"), "{operation}: {}", answer.text);
            assert_eq!(answer.text.contains("m2"), sees_m2, "{operation}: {}", answer.text);
            assert!(sees_m2 || !answer.text.contains("o2"), "{operation}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn item_numbers_cover_only_the_own_union() {
    let fixture = fixture().await;
    let (all, own) = (staff_of(&fixture, None).await, staff_of(&fixture, Some("u2")).await);
    let (of_all, of_own) =
        (ask(&fixture, "GET /items/a1", "", &all).await.text, ask(&fixture, "GET /items/a1", "", &own).await.text);
    let eligible = |page: &str| {
        let tile = page.split("可以参加").nth(1).unwrap_or_default();
        tile.split("<dd>").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default().to_owned()
    };
    assert_eq!((eligible(&of_all).as_str(), eligible(&of_own).as_str()), ("2", "&#60;10"), "{of_own}");
    assert!(of_all.contains("id=\"days\"") || of_all.contains("这段时间没有阅读"), "{of_all}");
    assert!(!of_own.contains("id=\"days\"") && of_own.contains("按天的数字仅对可查看全体会员的账号显示"), "{of_own}");
}

#[tokio::test]
async fn staff_of_a_union_open_and_switch_only_its_members() {
    let fixture = fixture().await;
    let own = staff_of(&fixture, Some("u2")).await;
    let form = ask(&fixture, "GET /members", "", &own).await.text;
    let token = form.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for (member, look, switch) in [
        ("m1", StatusCode::SEE_OTHER, StatusCode::SEE_OTHER),
        ("m2", StatusCode::UNPROCESSABLE_ENTITY, StatusCode::NOT_FOUND),
    ] {
        let body = format!("csrf={token}&member_id={member}&reason=called");
        assert_eq!(ask(&fixture, "POST /members", &body, &own).await.status, look, "{member}");
        let body = format!("csrf={token}&personalised=false&reason=called");
        let answer = ask(&fixture, &format!("POST /members/{member}/switch"), &body, &own).await;
        assert_eq!(answer.status, switch, "{member}: {}", answer.text);
    }
    assert!(ask(&fixture, "GET /members/m1", "", &own).await.text.contains("一厂工会"));
    assert!(!ask(&fixture, "GET /members/m2", "", &own).await.text.contains("二厂工会"));
}
