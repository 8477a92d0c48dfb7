//! The member page: it requires a reason, which the audit log records.

use axum::http::{StatusCode, header};
use zhihui_api::Role;

use crate::support::Fixture;

/// The CSRF token of the member page for the session with this cookie.
async fn csrf(fixture: &Fixture, cookie: &str) -> String {
    let page = fixture.get_as("/members", cookie).await.text;
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_member_page_requires_a_reason() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let before = fixture.get_as("/members/m1", &cookie).await.text;
    assert!(before.contains("查看原因") && !before.contains("亲子爱好者"), "{before}");
    let token = csrf(&fixture, &cookie).await;
    let without = fixture.post_form("/members", &format!("csrf={token}&member_id=m1&reason="), &cookie).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let forged = fixture.post_form("/members", "csrf=0&member_id=m1&reason=called", &cookie).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let look = fixture.post_form("/members", &format!("csrf={token}&member_id=m1&reason=called+us"), &cookie).await;
    assert_eq!((look.status, look.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/members/m1"), "{}", look.text);
    let page = fixture.get_as("/members/m1", &cookie).await.text;
    assert!(
        page.contains("比同年龄段（25-34）的会员更关注亲子") && page.contains("77") && page.contains("50.0%"),
        "{page}"
    );
    let seen = &fixture.store.audit().list(10, Some("m1")).await.unwrap()[0];
    assert_eq!((seen.action.as_str(), &seen.detail["reason"]), ("member_seen", &"called us".into()));
    let other = fixture.sign_in("other", Role::Staff).await;
    assert!(
        !fixture.get_as("/members/m1", &other).await.text.contains("亲子爱好者"),
        "the reason belongs to another member"
    );
    let leader = fixture.sign_in("leader", Role::Leader).await;
    assert_eq!(fixture.get_as("/members/m1", &leader).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_switch_requires_a_reason_and_is_recorded() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    let send = async |form: &str| fixture.post_form("/members/m1/switch", form, &cookie).await;
    let without = send(&format!("csrf={token}&personalised=false&reason=")).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
    let done = send(&format!("csrf={token}&personalised=false&reason=asked+by+phone")).await;
    assert_eq!((done.status, done.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/members/m1?switched=yes"));
    let written = &fixture.store.audit().list(10, Some("m1")).await.unwrap()[0];
    assert_eq!((written.action.as_str(), &written.detail["reason"]), ("opt_out", &"asked by phone".into()));
}

#[tokio::test]
async fn the_team_switch_requires_a_reason_and_is_recorded() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    fixture.post_form("/members", &format!("csrf={token}&member_id=m1&reason=called+us"), &cookie).await;
    let page = fixture.get_as("/members/m1", &cookie).await.text;
    assert!(
        page.contains("action=\"/members/m1/team-match\"") && page.contains("name=\"team_match\" value=\"false\""),
        "{page}"
    );
    let send = async |form: &str| fixture.post_form("/members/m1/team-match", form, &cookie).await;
    assert_eq!(send(&format!("csrf={token}&team_match=false&reason=")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(send("csrf=x&team_match=false&reason=asked").await.status, StatusCode::FORBIDDEN);
    let done = send(&format!("csrf={token}&team_match=false&reason=asked+by+phone")).await;
    assert_eq!((done.status, done.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/members/m1?switched=yes"));
    let written = &fixture.store.audit().list(10, Some("m1")).await.unwrap()[0];
    assert_eq!((written.action.as_str(), &written.detail["reason"]), ("team_match_off", &"asked by phone".into()));
}

#[tokio::test]
async fn an_unknown_member_is_reported() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    let look = fixture.post_form("/members", &format!("csrf={token}&member_id=m9&reason=called+us"), &cookie).await;
    assert_eq!(look.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(look.text.contains("没有这个编号的会员"));
    assert!(fixture.store.audit().list(10, Some("m9")).await.unwrap().is_empty());
}
