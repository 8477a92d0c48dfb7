//! Staff of one union: what names members names those of the union and of unions below it alone.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;
use zhihui_api::{Published, Role, Settings};
use zhihui_data::snapshot::{NONE, encode};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::support::{Answer, Fixture, NOW};

/// Operations open to staff that name members, each with what is asked.
const NAME_MEMBERS: &[(&str, &str)] = &[
    ("POST /v1/audiences/preview", "{\"item_id\":\"a1\",\"hold_out\":0}"),
    ("GET /audiences?item_id=a1&hold_out=0", ""),
    ("GET /audiences/file?item_id=a1&hold_out=0&format=csv", ""),
    ("GET /audiences/file?item_id=a1&hold_out=0&format=xlsx", ""),
];
/// Operations open to staff about one member, asked for by id.
const OF_ONE: &[&str] = &["POST /members", "GET /members/{id}", "POST /members/{id}/switch"];
/// Operations open to staff that show numbers and items alone.
const NAME_NOBODY: &[&str] = &[
    "GET /v1/reports/{name}",
    "GET /",
    "GET /items",
    "GET /items/{id}",
    "GET /members",
    "GET /data",
    "POST /data/files",
    "POST /data/run",
    "GET /models",
    "GET /models/card.json",
    "GET /reports",
];
/// Operations open to staff that may name anybody, and are closed to staff of one union.
const CLOSED: &[&str] = &["GET /data/errors.xlsx"];

/// `m1` belongs to `u2` below `u1`, `m2` to `u3` beside it.
async fn fixture() -> Fixture {
    let mut snapshot = tiny();
    snapshot.members.personalised = vec![true; 2];
    snapshot.unions.id = ["u1", "u2", "u3"].map(str::to_owned).to_vec();
    snapshot.unions.name = ["总会", "一厂工会", "二厂工会"].map(str::to_owned).to_vec();
    snapshot.unions.district = vec![NONE; 3];
    snapshot.unions.parent = vec![NONE, 0, 0];
    snapshot.members.union = vec![1, 2];
    encode(&snapshot).expect("the snapshot is sound");
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish_with_events(Published::new(Engine::new(snapshot))).await.unwrap();
    fixture
}

/// The cookie of staff who see this union alone.
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

#[tokio::test]
async fn every_operation_of_staff_is_known_to_name_members_or_not() {
    let fixture = fixture().await;
    let document = fixture.get("/openapi.json", "").await.json();
    let listed: Vec<&str> = NAME_MEMBERS.iter().map(|(operation, _)| operation.split('?').next().unwrap()).collect();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{} {path}", method.to_uppercase());
            let is_for_staff = operation["x-roles"].as_array().unwrap().contains(&json!("staff"));
            let is_listed = [&listed[..], OF_ONE, NAME_NOBODY, CLOSED].iter().any(|list| list.contains(&name.as_str()));
            assert_eq!(is_for_staff, is_listed, "{name}: say here whether it names members");
        }
    }
}

#[tokio::test]
async fn staff_of_a_union_are_told_of_its_members_alone() {
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
    for operation in NAME_NOBODY {
        let operation = operation.replace("{id}", "a1").replace("{name}", "engagement");
        let answer = ask(&fixture, &operation, "", &own).await;
        assert!(!["m1", "m2", "o1", "o2"].iter().any(|id| answer.text.contains(&format!(">{id}<"))), "{operation}");
    }
    for operation in CLOSED {
        let address = format!("{operation}?sha256={}&table=reads", "ab".repeat(32));
        assert_eq!(ask(&fixture, &address, "", &own).await.status, StatusCode::FORBIDDEN, "{operation}");
        assert_eq!(ask(&fixture, &address, "", &all).await.status, StatusCode::OK, "{operation}");
    }
}

#[tokio::test]
async fn numbers_of_an_item_are_those_of_the_own_union() {
    let fixture = fixture().await;
    let (all, own) = (staff_of(&fixture, None).await, staff_of(&fixture, Some("u2")).await);
    let (of_all, of_own) =
        (ask(&fixture, "GET /items/a1", "", &all).await.text, ask(&fixture, "GET /items/a1", "", &own).await.text);
    let eligible = |page: &str| {
        let tile = page.split("可以参加").nth(1).unwrap_or_default();
        tile.split("<dd>").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default().to_owned()
    };
    assert_eq!((eligible(&of_all).as_str(), eligible(&of_own).as_str()), ("2", "1"), "{of_own}");
    assert!(of_all.contains("id=\"days\"") || of_all.contains("这段时间没有阅读"), "{of_all}");
    assert!(!of_own.contains("id=\"days\"") && of_own.contains("按天的数字只对可以查看全体会员的账号显示"), "{of_own}");
}

#[tokio::test]
async fn staff_of_a_union_open_and_switch_its_members_alone() {
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
