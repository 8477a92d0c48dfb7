//! Floods of wrong passwords: the cost for the service is bounded, and locks can be removed.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use zhihui_api::{Limits, Role, Service, Settings, Store};

use crate::support::{Fixture, NOW, SmallReports};

async fn flood(fixture: &Fixture, tries: usize) {
    let tries = (0..tries).map(|n| async move {
        let form = format!("name=user{}&password=wrong", n % 400);
        fixture.post_form("/login", &form, "").await.status.as_u16()
    });
    for status in futures::future::join_all(tries).await {
        assert!([401, 429, 503].contains(&status), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_wrong_passwords_add_a_few_rows_and_a_few_bytes() {
    let limits = Limits { heavy_wait: std::time::Duration::from_secs(60), ..Limits::default() };
    let fixture = Fixture::with(Settings { limits, ..Settings::default() }).await;
    let (database, log) = (fixture.home.path().join("zhihui.db"), fixture.home.path().join("zhihui.db-wal"));
    let size = || [&database, &log].iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum::<u64>();
    fixture.store.users().add("user1", Role::Staff, "a long password", NOW).await.unwrap();
    let before = size();
    flood(&fixture, 1_000).await;
    let entries = fixture.store.audit().list(1_000, None).await.unwrap();
    assert!((1..=10).contains(&entries.len()), "{}", entries.len());
    assert!(entries.iter().all(|entry| entry.action == "sign_in_locked"), "{entries:?}");
    assert!(size() - before < 200_000, "{} bytes", size() - before);
}

#[tokio::test]
async fn the_sign_in_form_has_at_most_4_kib() {
    let fixture = Fixture::new().await;
    let form = |password: usize| format!("name=staff&password={}", "x".repeat(password));
    assert_eq!(fixture.post_form("/login", &form(4_000), "").await.status, StatusCode::UNAUTHORIZED);
    let pieces = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1_000]));
    let endless = Request::post("/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answers = [
        fixture.post_form("/login", &form(4_096), "").await,
        fixture.send(endless.body(Body::from_stream(pieces)).unwrap()).await,
    ];
    for answer in answers {
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (413, "body_too_large"));
    }
}

#[tokio::test]
async fn a_lock_survives_a_restart_and_ends_when_removed() {
    let fixture = Fixture::new().await;
    let users = fixture.store.users();
    users.add("staff", Role::Staff, "a long password", NOW).await.unwrap();
    for _ in 0..5 {
        fixture.post_form("/login", "name=staff&password=wrong", "").await;
    }
    let clock: zhihui_api::Clock = std::sync::Arc::new(|| NOW);
    let store = Store::open(&fixture.home.path().join("zhihui.db")).await.unwrap();
    let ports = zhihui_api::Ports::new(std::sync::Arc::new(SmallReports));
    let restarted = Service::new(Settings::default(), clock, store, ports).await.unwrap();
    let router = zhihui_api::router(&restarted);
    let sign_in = async || {
        let form = Request::post("/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let form = form.body(Body::from("name=staff&password=a+long+password")).unwrap();
        tower::ServiceExt::oneshot(router.clone(), form).await.unwrap().status().as_u16()
    };
    assert_eq!(sign_in().await, 429, "the lock is kept");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = tokio::spawn(zhihui_api::serve(listener, restarted.clone(), std::future::pending()));
    assert_eq!(users.unlock("staff").await.unwrap(), 1);
    assert_eq!(users.unlock("staff").await.unwrap(), 0);
    assert!(users.unlock("nobody").await.is_err());
    let lifted = async {
        while sign_in().await != 303 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    assert!(
        tokio::time::timeout(std::time::Duration::from_secs(5), lifted).await.is_ok(),
        "a running service applies it"
    );
    serving.abort();
}

#[tokio::test]
async fn a_sign_in_records_the_number_of_failures_before() {
    let fixture = Fixture::new().await;
    fixture.store.users().add("staff", Role::Staff, "a long password", NOW).await.unwrap();
    for password in ["wrong", "wrong", "a+long+password"] {
        fixture.post_form("/login", &format!("name=staff&password={password}"), "").await;
    }
    let entries = fixture.store.audit().list(10, None).await.unwrap();
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!((entries[0].action.as_str(), &entries[0].detail["failures_before"]), ("sign_in", &2.into()));
}

#[tokio::test]
async fn the_lock_of_an_address_ends_when_removed() {
    let fixture = Fixture::new().await;
    let users = fixture.store.users();
    for number in 0..30 {
        fixture.post_form("/login", &format!("name=user{number}&password=wrong"), "").await;
    }
    assert_eq!(fixture.post_form("/login", "name=other&password=wrong", "").await.status.as_u16(), 429);
    let locked = fixture.store.audit().list(100, None).await.unwrap();
    let address = locked.iter().find_map(|entry| entry.source.clone()).unwrap();
    assert_eq!(users.unlock_address("192.0.2.1").await.unwrap(), 0);
    assert_eq!(users.unlock_address(&address).await.unwrap(), 1);
}
