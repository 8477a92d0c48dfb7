//! One table of all operations and the roles they admit. An operation without a row fails the test.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;
use zhihui_api::Role;

use crate::support::{Answer, Fixture, with_key};

/// Every operation with the roles it admits; `everybody` includes requests without credentials.
const TABLE: &[(&str, &str)] = &[
    ("GET /v1/recommendations", "backend admin"),
    ("POST /v1/recommendations", "backend admin"),
    ("POST /v1/events", "backend admin"),
    ("GET /v1/items/{id}/similar", "backend admin"),
    ("GET /v1/popular", "backend admin"),
    ("POST /v1/audiences/preview", "staff admin"),
    ("POST /v1/audiences/seat-plan", "staff admin"),
    ("POST /v1/audiences/band-plan", "staff admin"),
    ("POST /v1/audiences/look-alikes", "staff admin"),
    ("POST /v1/audiences", "staff admin"),
    ("GET /v1/audiences", "staff admin"),
    ("GET /v1/audiences/{id}", "staff admin"),
    ("PUT /v1/audiences/{id}", "staff admin"),
    ("DELETE /v1/audiences/{id}", "staff admin"),
    ("GET /v1/audiences/{id}/members/{member_id}", "staff admin"),
    ("GET /v1/audiences/{id}/days", "staff admin"),
    ("GET /v1/audiences/{id}/days/{day}/members", "staff admin"),
    ("POST /v1/exclusion-lists", "staff admin"),
    ("GET /v1/exclusion-lists", "staff admin"),
    ("DELETE /v1/exclusion-lists/{id}", "staff admin"),
    ("POST /v1/push-lists", "staff admin"),
    ("GET /v1/push-lists", "staff admin"),
    ("GET /v1/push-lists/{id}", "staff admin"),
    ("POST /v1/push-lists/{id}/submit", "staff admin"),
    ("POST /v1/push-lists/{id}/approve", "staff admin"),
    ("POST /v1/push-lists/{id}/reject", "staff admin"),
    ("POST /v1/push-lists/{id}/close", "staff admin"),
    ("GET /v1/push-lists/{id}/members", "staff admin"),
    ("GET /v1/push-lists/{id}/export", "staff admin"),
    ("GET /v1/reports/{name}", "staff leader admin"),
    ("GET /v1/reports/{name}/export", "staff leader admin"),
    ("GET /v1/members/{id}", "backend admin"),
    ("DELETE /v1/members/{id}", "backend admin"),
    ("PUT /v1/members/{id}/personalised", "backend admin"),
    ("PUT /v1/members/{id}/team_match", "backend admin"),
    ("DELETE /v1/members/{id}/topics/{topic}", "backend admin"),
    ("POST /v1/teams/suggestions", "backend admin"),
    ("POST /v1/teams/invitations", "backend admin"),
    ("GET /v1/teams/invitations", "backend admin"),
    ("POST /v1/teams/invitations/{id}/accept", "backend admin"),
    ("POST /v1/teams/invitations/{id}/decline", "backend admin"),
    ("POST /v1/teams/invitations/{id}/withdraw", "backend admin"),
    ("GET /v1/teams", "backend admin"),
    ("POST /v1/teams/{id}/leave", "backend admin"),
    ("POST /v1/teams/blocks", "backend admin"),
    ("GET /v1/teams/blocks", "backend admin"),
    ("DELETE /v1/teams/blocks/{id}", "backend admin"),
    ("GET /v1/explanation", "everybody"),
    ("GET /livez", "everybody"),
    ("GET /readyz", "everybody"),
    ("GET /metrics", "admin"),
    ("GET /openapi.json", "everybody"),
    ("GET /", "staff leader admin"),
    ("GET /items", "staff leader admin"),
    ("GET /items/{id}", "staff leader admin"),
    ("GET /items/{id}/allocation", "staff admin"),
    ("POST /items/{id}/allocation", "staff admin"),
    ("GET /items/{id}/allocation/file", "staff admin"),
    ("GET /audiences", "staff admin"),
    ("POST /audiences", "staff admin"),
    ("GET /audiences/search", "staff admin"),
    ("GET /audiences/band-plan", "staff admin"),
    ("GET /audiences/saved", "staff admin"),
    ("POST /audiences/saved", "staff admin"),
    ("GET /audiences/saved/{id}", "staff admin"),
    ("POST /audiences/saved/{id}/delete", "staff admin"),
    ("POST /audiences/saved/{id}/restore", "staff admin"),
    ("GET /audiences/file", "staff admin"),
    ("GET /wechat/callback", "everybody"),
    ("POST /wechat/callback", "everybody"),
    ("GET /exclusions", "staff admin"),
    ("POST /exclusions", "staff admin"),
    ("POST /exclusions/{id}/delete", "staff admin"),
    ("POST /exclusions/{id}/restore", "staff admin"),
    ("GET /push-lists", "staff admin"),
    ("POST /push-lists", "staff admin"),
    ("GET /push-lists/{id}", "staff admin"),
    ("POST /push-lists/{id}", "staff admin"),
    ("GET /members", "staff admin"),
    ("POST /members", "staff admin"),
    ("GET /members/{id}", "staff admin"),
    ("POST /members/{id}/switch", "staff admin"),
    ("POST /members/{id}/team-match", "staff admin"),
    ("GET /data", "staff admin"),
    ("POST /data/files", "staff admin"),
    ("POST /data/run", "staff admin"),
    ("GET /data/errors.xlsx", "staff admin"),
    ("GET /data/mapping", "staff admin"),
    ("POST /data/mapping", "staff admin"),
    ("GET /models", "staff leader admin"),
    ("GET /models/card.json", "staff leader admin"),
    ("GET /reports", "staff leader admin"),
    ("GET /reports/comments", "staff admin"),
    ("GET /reports/explore", "staff leader admin"),
    ("GET /reports/links", "staff leader admin"),
    ("POST /reports/links", "staff leader admin"),
    ("POST /reports/links/{id}/revoke", "staff leader admin"),
    ("POST /reports/notes", "staff admin"),
    ("POST /reports/notes/{id}/delete", "staff admin"),
    ("GET /shared/{token}", "everybody"),
    ("GET /shared/{token}/explore", "everybody"),
    ("GET /how-it-works", "everybody"),
    ("GET /login", "everybody"),
    ("POST /login", "everybody"),
    ("POST /logout", "everybody"),
    ("GET /assets/{name}", "everybody"),
];

/// Every operation of the OpenAPI document with its documented roles.
async fn documented(fixture: &Fixture) -> Vec<(String, String)> {
    let document = fixture.get("/openapi.json", "").await.json();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let roles = operation["x-roles"].as_array().unwrap_or_else(|| panic!("{method} {path} names no roles"));
            let roles: Vec<&str> = roles.iter().map(|role| role.as_str().unwrap()).collect();
            let roles = if roles.is_empty() { "everybody".to_owned() } else { roles.join(" ") };
            found.push((format!("{} {path}", method.to_uppercase()), roles));
        }
    }
    found.sort();
    found
}

/// A request to the operation with a placeholder for every parameter.
fn request(operation: &str) -> axum::http::request::Builder {
    let (method, path) = operation.split_once(' ').unwrap();
    let path = path.replace("{id}", "a1").replace("{name}", "engagement").replace("{topic}", "t");
    let path = path.replace("{token}", &"0".repeat(64));
    let address = path.replace("{member_id}", "m1").replace("{day}", "2026-11-22");
    Request::builder().method(method.parse::<Method>().unwrap()).uri(address)
}

/// Whether the response refuses the caller rather than the request.
fn is_refused_for_caller(answer: &Answer) -> bool {
    let code =
        || serde_json::from_str::<Value>(&answer.text).ok().and_then(|body| Some(body["code"].as_str()?.to_owned()));
    match answer.status {
        StatusCode::UNAUTHORIZED => true,
        // A form without a CSRF token has another code, and an HTML page has no code.
        StatusCode::FORBIDDEN => code().is_none_or(|code| code == "forbidden"),
        StatusCode::SEE_OTHER => answer.header(header::LOCATION).starts_with("/login"),
        _ => false,
    }
}

#[tokio::test]
async fn the_document_lists_all_registered_operations_with_their_roles() {
    let fixture = Fixture::new().await;
    let mut table: Vec<(String, String)> =
        TABLE.iter().map(|(operation, roles)| ((*operation).to_owned(), (*roles).to_owned())).collect();
    table.sort();
    let documented = documented(&fixture).await;
    let missing: Vec<_> = documented.iter().filter(|row| !table.contains(row)).collect();
    let gone: Vec<_> = table.iter().filter(|row| !documented.contains(row)).collect();
    assert!(missing.is_empty() && gone.is_empty(), "in the document alone: {missing:?}; in the table alone: {gone:?}");
}

#[tokio::test]
async fn every_operation_admits_exactly_its_roles() {
    let fixture = Fixture::new().await;
    for role in Role::ALL {
        let key = fixture.key(*role).await;
        for (operation, roles) in TABLE {
            let answer = fixture.send(with_key(request(operation), &key).body(Body::empty()).unwrap()).await;
            let named = *roles == "everybody" || roles.split(' ').any(|named| named == role.as_str());
            let passed = !is_refused_for_caller(&answer) || operation.ends_with("/logout");
            assert_eq!(passed, named, "{operation} with a key of {role}: {} {}", answer.status, answer.text);
        }
    }
}

#[tokio::test]
async fn sessions_are_admitted_by_role() {
    let fixture = Fixture::new().await;
    for role in [Role::Staff, Role::Leader, Role::Admin] {
        let cookie = fixture.sign_in(role.as_str(), role).await;
        for (operation, roles) in TABLE.iter().filter(|(operation, _)| !operation.ends_with("/logout")) {
            let answer =
                fixture.send(request(operation).header(header::COOKIE, &cookie).body(Body::empty()).unwrap()).await;
            let named = *roles == "everybody" || roles.split(' ').any(|named| named == role.as_str());
            let is_form = operation.starts_with("POST /") && !operation.starts_with("POST /v1");
            // The response to a form without a CSRF token depends on the form; the tests of the forms cover it.
            if named && is_form {
                continue;
            }
            assert_eq!(
                !is_refused_for_caller(&answer),
                named,
                "{operation} by {role}: {} {}",
                answer.status,
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn without_credentials_only_open_operations_respond() {
    let fixture = Fixture::new().await;
    for (operation, roles) in TABLE.iter().filter(|(operation, _)| !operation.ends_with("/logout")) {
        for authorization in ["", "Bearer ", "Bearer zh_0000000000000000_x", "Basic YTpi"] {
            let request = request(operation).header(header::AUTHORIZATION, authorization);
            let answer = fixture.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(
                is_refused_for_caller(&answer),
                *roles != "everybody",
                "{operation} with {authorization:?}: {}",
                answer.status
            );
        }
    }
}
