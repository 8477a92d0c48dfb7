//! Uploads: complete files only, safe file names, and forms with a CSRF token.

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

/// The CSRF token of the data page for the session with this cookie.
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
async fn uploads_keep_their_name_and_never_replace_a_file() {
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
    let reply = send(&fixture, &cookie, form(&token, "getbizsummary-1.json", "{}")).await;
    assert_eq!(reply.json()["files"][0]["name"], "getbizsummary-1.json", "a reply of WeChat");
    assert_eq!(inbox(&fixture), ["getbizsummary-1.json", "reads-2.csv", "reads.csv"]);
    let kept = std::fs::read_to_string(fixture.home.path().join("inbox/reads.csv")).unwrap();
    assert_eq!(kept, "a,b");
}

#[cfg(unix)]
#[tokio::test]
async fn links_in_the_inbox_are_not_followed() {
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
async fn forms_without_a_csrf_token_are_refused_and_leave_no_file() {
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
async fn refused_uploads_leave_no_file() {
    let limits = Limits { upload_bytes: 10, ..Limits::default() };
    let fixture = Fixture::with(Settings { limits, ..Settings::default() }).await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    let long = send(&fixture, &cookie, form(&token, "reads.csv", "more than ten bytes")).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", long.text);
    let json = send(&fixture, &cookie, form(&token, "members.json", "[]")).await;
    assert_eq!(json.problem(), "invalid_body", "JSON that no table reads");
    let program = send(&fixture, &cookie, form(&token, "run.exe", "MZ")).await;
    assert!(program.status.is_client_error(), "{}", program.text);
    assert!(inbox(&fixture).is_empty());
}

/// Sends a form with this `Authorization` header and no cookie.
async fn send_with(fixture: &Fixture, authorization: &str, cookie: &str, body: Body) -> Answer {
    let request = Request::post("/data/files")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .header(header::ACCEPT, "application/json")
        .header(header::AUTHORIZATION, authorization)
        .header(header::COOKIE, cookie);
    fixture.send(request.body(body).unwrap()).await
}

fn form_without_token(content: &str) -> String {
    let head = "content-disposition: form-data; name=\"file\"; filename=\"reads.csv\"";
    format!("--x\r\n{head}\r\n\r\n{content}\r\n--x--\r\n")
}

#[tokio::test]
async fn api_keys_need_no_csrf_token_but_other_headers_do() {
    let fixture = Fixture::new().await;
    let key = format!("Bearer {}", fixture.key(Role::Staff).await);
    let taken = send_with(&fixture, &key, "", Body::from(form_without_token("a,b"))).await;
    assert_eq!(
        (taken.status, &taken.json()["files"][0]["name"]),
        (StatusCode::OK, &"reads.csv".into()),
        "{}",
        taken.text
    );
    assert_eq!(inbox(&fixture), ["reads.csv"]);
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    for authorization in ["Basic YTpi", "Digest x", "Bearer"] {
        let answer = send_with(&fixture, authorization, &cookie, Body::from(form_without_token("a,b"))).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{authorization}: {}", answer.text);
        let switch = Request::post("/members/m1/switch")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::AUTHORIZATION, authorization)
            .header(header::COOKIE, &cookie)
            .body(Body::from("personalised=false&reason=called"));
        assert_eq!(fixture.send(switch.unwrap()).await.status, StatusCode::FORBIDDEN, "{authorization}");
    }
    assert_eq!(inbox(&fixture), ["reads.csv"]);
}

#[tokio::test]
async fn partial_uploads_are_removed_on_abort_and_at_start() {
    let fixture = Fixture::new().await;
    let key = format!("Bearer {}", fixture.key(Role::Staff).await);
    let beginning = form_without_token("a,b").split("a,b").next().unwrap().to_owned() + "a,b";
    let pieces = futures::stream::iter([Ok::<_, std::io::Error>(beginning)]);
    let never_ends = Body::from_stream(futures::StreamExt::chain(pieces, futures::stream::pending()));
    let sending = send_with(&fixture, &key, "", never_ends);
    let began = async {
        while inbox(&fixture).is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        answer = sending => panic!("{}", answer.text),
        () = began => {}
    }
    assert!(inbox(&fixture).is_empty(), "{:?}", inbox(&fixture));
    let folder = fixture.home.path().join("inbox");
    for name in [".0190f5a6-1111-7222-8333-444455556666.part", ".notes.part", "reads.csv"] {
        std::fs::write(folder.join(name), "a").unwrap();
    }
    let jobs = std::sync::Arc::new(crate::small_jobs::SmallJobs { inbox: folder, files: "reads" });
    let _restarted = zhihui_api::Ports::new(std::sync::Arc::new(crate::support::SmallReports)).with_data_jobs(jobs);
    assert_eq!(inbox(&fixture), [".notes.part", "reads.csv"]);
}

#[tokio::test]
async fn uploads_without_free_space_are_refused_before_they_are_sent() {
    let fixture = Fixture::new().await;
    let key = format!("Bearer {}", fixture.key(Role::Staff).await);
    fixture.service.set_free_space(40 << 20);
    let request = |length: u64| {
        let request = Request::post("/data/files").header(header::AUTHORIZATION, &key);
        let request = request.header(header::ACCEPT, "application/json");
        request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x").header(header::CONTENT_LENGTH, length)
    };
    let never = || Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let answer = fixture.send(request(20 << 20).body(never()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (507, "disk_full"));
    assert!(answer.text.contains("42 MB free and 55 MB"), "{}", answer.text);
    let body = form_without_token("a,b");
    let answer = fixture.send(request(body.len() as u64).body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}
