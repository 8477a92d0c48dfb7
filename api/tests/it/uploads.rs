//! Files into the inbox: whole or not at all, under names that lead nowhere else, from forms of ours alone.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use zhihui_api::{Limits, Role, Settings};

use crate::support::{Answer, Fixture};

fn form(csrf: &str, name: &str, content: &str) -> String {
    format!(
        "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n\
         --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--x--\r\n"
    )
}

async fn send(fixture: &Fixture, cookie: &str, body: String) -> Answer {
    let request = Request::post("/data/files")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .header(header::ACCEPT, "application/json")
        .header(header::COOKIE, cookie);
    fixture.send(request.body(Body::from(body)).unwrap()).await
}

/// The token of the page of who holds this cookie.
async fn csrf(fixture: &Fixture, cookie: &str) -> String {
    let page = fixture.get_as("/data", cookie).await.text;
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn inbox(fixture: &Fixture) -> Vec<String> {
    let entries = std::fs::read_dir(fixture.home.path().join("inbox")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_is_taken_under_its_own_name_and_never_over_another() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    let first = send(&fixture, &cookie, form(&token, "../../reads.csv", "a,b")).await;
    assert_eq!(
        (first.status, &first.json()["files"][0]["name"]),
        (StatusCode::OK, &"reads.csv".into()),
        "{}",
        first.text
    );
    let second = send(&fixture, &cookie, form(&token, "reads.csv", "c,d")).await;
    assert_eq!(second.json()["files"][0]["name"], "reads-2.csv");
    assert_eq!(inbox(&fixture), ["reads-2.csv", "reads.csv"]);
    let kept = std::fs::read_to_string(fixture.home.path().join("inbox/reads.csv")).unwrap();
    assert_eq!(kept, "a,b");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_lies_in_the_inbox_is_not_followed() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    let outside = fixture.home.path().join("secret");
    std::fs::write(&outside, "kept").unwrap();
    std::os::unix::fs::symlink(&outside, fixture.home.path().join("inbox/reads.csv")).unwrap();
    let answer = send(&fixture, &cookie, form(&token, "reads.csv", "overwritten")).await;
    assert_eq!(answer.json()["files"][0]["name"], "reads-2.csv");
    assert_eq!(std::fs::read_to_string(outside).unwrap(), "kept");
}

#[tokio::test]
async fn forms_without_the_token_of_the_session_are_refused_and_leave_nothing() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let other = fixture.sign_in("other", Role::Staff).await;
    let foreign = csrf(&fixture, &other).await;
    for token in ["", "0000", foreign.as_str()] {
        let answer = send(&fixture, &cookie, form(token, "reads.csv", "a,b")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{token:?}: {}", answer.text);
    }
    assert!(inbox(&fixture).is_empty());
    let run = fixture.post_form("/data/run", "csrf=0000", &cookie).await;
    assert_eq!(run.status, StatusCode::FORBIDDEN);
    let run = fixture.post_form("/data/run", &format!("csrf={}", csrf(&fixture, &cookie).await), &cookie).await;
    assert_eq!((run.status, run.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/data?done=busy#runs"));
}

#[tokio::test]
async fn what_is_too_long_or_no_table_leaves_nothing() {
    let limits = Limits { upload_bytes: 10, ..Limits::default() };
    let fixture = Fixture::with(Settings { limits, ..Settings::default() }).await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    let long = send(&fixture, &cookie, form(&token, "reads.csv", "more than ten bytes")).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", long.text);
    let program = send(&fixture, &cookie, form(&token, "run.exe", "MZ")).await;
    assert!(program.status.is_client_error(), "{}", program.text);
    assert!(inbox(&fixture).is_empty());
}
