//! Notes of staff about days: who adds and deletes them, which reports show them, and what is refused.

use axum::http::{StatusCode, header};
use chrono::NaiveDate;
use zhihui_api::{ReportNotes, Role};

use crate::support::{Fixture, NOW};

fn csrf(page: &str) -> String {
    page.split("name=\"csrf\" value=\"").nth(1).expect("a form").split('"').next().unwrap().to_owned()
}

async fn texts(fixture: &Fixture, union: Option<&str>) -> Vec<String> {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let notes = ReportNotes::new(&fixture.store).within(day("2026-11-01"), day("2026-12-01"), union).await.unwrap();
    notes.into_iter().map(|note| note.text).collect()
}

#[tokio::test]
async fn staff_add_and_delete_notes_and_the_audit_log_has_both() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture.get_as("/reports/explore", &cookie).await.text);
    let form = format!("csrf={token}&first=2026-11-20&last=&text=+%E5%81%9C%E6%9C%BA+");
    let done = fixture.post_form("/reports/notes?from=2026-11-01&to=2026-12-01", &form, &cookie).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(done.header(header::LOCATION), "/reports/explore?from=2026-11-01&to=2026-12-01#daily");
    assert_eq!(texts(&fixture, None).await, ["停机"]);
    let page = fixture.get_as("/reports/explore", &cookie).await.text;
    assert!(page.contains("2026-11-20：停机"), "{page}");
    let id = page.split("/reports/notes/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let path = format!("/reports/notes/{id}/delete");
    let other = fixture.sign_in("other", Role::Staff).await;
    let page = fixture.get_as("/reports/explore", &other).await.text;
    assert!(page.contains("2026-11-20：停机") && !page.contains(&path), "{page}");
    let refused = fixture.post_form(&path, &format!("csrf={}", csrf(&page)), &other).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "only the author deletes a note");
    let done = fixture.post_form(&path, &format!("csrf={token}"), &cookie).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(texts(&fixture, None).await, [""; 0]);
    let entries = fixture.store.audit().list(20, None).await.unwrap();
    let actions: Vec<&str> =
        entries.iter().rev().map(|entry| entry.action.as_str()).filter(|action| action.contains("note")).collect();
    assert_eq!(actions, ["report_note_added", "report_note_deleted"]);
    assert!(entries.iter().all(|entry| !entry.detail.to_string().contains("停机")), "the log has no free text");
}

#[tokio::test]
async fn a_note_of_a_union_is_shown_in_reports_about_that_union_alone() {
    let fixture = Fixture::new().await;
    fixture.store.users().add_within("clerk", Role::Staff, Some("u2"), "a long password", NOW).await.unwrap();
    let answer = fixture.post_form("/login", "name=clerk&password=a+long+password", "").await;
    let cookie = answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();
    let token = csrf(&fixture.get_as("/reports/explore", &cookie).await.text);
    let form = format!("csrf={token}&first=2026-11-20&last=2026-11-22&text=own");
    assert_eq!(fixture.post_form("/reports/notes", &form, &cookie).await.status, StatusCode::SEE_OTHER);
    assert_eq!(texts(&fixture, Some("u2")).await, ["own"]);
    assert_eq!((texts(&fixture, None).await, texts(&fixture, Some("u3")).await), (vec![], vec![]));
}

#[tokio::test]
async fn days_and_texts_are_checked() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture.get_as("/reports/explore", &cookie).await.text);
    let long = format!("first=2026-11-20&text={}", "x".repeat(201));
    let forms = [
        "first=2026-2-1&text=x",
        "first=2026-02-30&text=x",
        "first=&text=x",
        "first=2026-11-20&last=2026-11-19&text=x",
        "first=2026-01-01&last=2027-01-02&text=x",
        "first=2026-11-20&text=+",
        "first=2026-11-20&text=a%0Ab",
        &long,
    ];
    for form in forms {
        let answer = fixture.post_form("/reports/notes", &format!("csrf={token}&{form}"), &cookie).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form}: {}", answer.text);
    }
    let wrong = fixture.post_form("/reports/notes", "csrf=0&first=2026-11-20&text=x", &cookie).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert_eq!(texts(&fixture, None).await, [""; 0]);
}

#[tokio::test]
async fn leaders_and_shared_pages_show_notes_and_have_no_form_for_them() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let page = fixture.get_as("/reports/explore", &cookie).await.text;
    assert!(!page.contains("/reports/notes"), "{page}");
    assert!(page.contains("<li>2026-11-20：中秋节调休上班</li>"), "{page}");
    assert!(page.contains("<li>2026-11-20 至 2026-11-21：&#60;停机&#62;</li>") && !page.contains("<停机>"), "{page}");
    assert!(
        page.contains("<td>中秋节调休上班；&#60;停机&#62;</td>") && page.contains("rect class=\"marked\""),
        "{page}"
    );
}
