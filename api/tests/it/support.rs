//! A service over a small state with known responses, and a client that calls its routes in process.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::Value;
use sqlx::ConnectOptions as _;
use tower::ServiceExt as _;
use zhihui_api::{Ports, Role, Service, Settings, Store, router};

pub use crate::answer::Answer;
use crate::databases;
use crate::mapping::SmallMapper;
pub use crate::small_engine::Small;
use crate::small_jobs::SmallJobs;
pub use crate::small_reports::{SmallFiles, SmallReports, small_report};

/// 2026-11-22 13:00 in Shanghai.
pub const NOW: i64 = 1_795_323_600;
pub const HOUR: i64 = 3600;

/// A preview of the item `blocked` waits until this is notified.
pub static BLOCKED: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A service and its files. Dropping it deletes the files.
pub struct Fixture {
    pub service: Service,
    pub store: Store,
    pub clock: Arc<AtomicI64>,
    pub home: tempfile::TempDir,
    router: Router,
    /// Where the databases are, if they are not files of the home.
    server: Option<databases::Schema>,
}

impl Fixture {
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let fixture = Self::unpublished(settings).await;
        fixture.service.publish(Small { version: "v1" });
        fixture
    }

    pub async fn unpublished(settings: Settings) -> Self {
        Self::with_file_prefix(settings, "reads").await
    }

    /// A service whose data jobs use this prefix for file names.
    pub async fn with_file_prefix(settings: Settings, files: &'static str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let server = databases::schema();
        let store = match &server {
            Some(schema) => Store::connect(&schema.server).await.unwrap(),
            None => Store::open(&home.path().join("zhihui.db")).await.unwrap(),
        };
        let clock = Arc::new(AtomicI64::new(NOW));
        let seen = Arc::clone(&clock);
        let clock_fn: zhihui_api::Clock = Arc::new(move || seen.load(Ordering::Relaxed));
        let inbox = home.path().join("inbox");
        std::fs::create_dir(&inbox).unwrap();
        let jobs = Arc::new(SmallJobs { inbox, files });
        let ports = Ports::new(Arc::new(SmallReports)).with_list_writer(Arc::clone(&jobs) as _);
        let ports = ports.with_report_writer(Arc::new(SmallFiles)).with_file_mapper(Arc::new(SmallMapper));
        let ports = ports.with_workbook_reader(Arc::clone(&jobs) as _).with_data_jobs(jobs);
        let service = Service::new(settings, clock_fn, store.clone(), ports).await.unwrap();
        let router = router(&service);
        let fixture = Self { service, store, clock, home, router, server };
        fixture.service.accept_events(fixture.inbox().await);
        fixture
    }

    /// The inbox of the home, as another process opens it.
    pub async fn inbox(&self) -> zhihui_api::Inbox {
        let wall: zhihui_api::Clock = Arc::new(|| NOW);
        match &self.server {
            Some(schema) => zhihui_api::Inbox::connect(&schema.server, wall).await.unwrap(),
            None => zhihui_api::Inbox::open(&self.home.path().join("inbox.db"), wall).await.unwrap(),
        }
    }

    /// Changes `zhihui.db` behind the program.
    pub async fn execute(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        Ok(match &self.server {
            Some(server) => sqlx::raw_sql(sql).execute(&mut server.connection().await).await?.rows_affected(),
            None => sqlx::raw_sql(sql).execute(&mut self.file().await).await?.rows_affected(),
        })
    }

    /// The number of rows of a table, or of a part of it.
    pub async fn rows(&self, table: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        match &self.server {
            Some(server) => sqlx::query_scalar(sql).fetch_one(&mut server.connection().await).await.unwrap(),
            None => sqlx::query_scalar(sql).fetch_one(&mut self.file().await).await.unwrap(),
        }
    }

    /// All that `zhihui.db` holds, as bytes.
    pub async fn stored(&self) -> Vec<u8> {
        let copy = tempfile::tempdir().unwrap();
        let file = copy.path().join("copy.db");
        self.store.copy_to(&file).await.unwrap();
        std::fs::read(file).unwrap()
    }

    async fn file(&self) -> sqlx::SqliteConnection {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.home.path().join("zhihui.db"));
        options.connect().await.unwrap()
    }

    /// Creates a key of this role.
    pub async fn key(&self, role: Role) -> String {
        let key = self.store.keys().add("test", role, NOW).await.unwrap();
        self.service.reload_keys().await.unwrap();
        key.key
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub async fn get(&self, address: &str, key: &str) -> Answer {
        self.send(with_key(Request::get(address), key).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, address: &str, key: &str, body: &Value) -> Answer {
        let request = with_key(Request::post(address), key).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn put(&self, address: &str, key: &str, body: &Value) -> Answer {
        let request = with_key(Request::put(address), key).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Signs in and returns the cookie.
    pub async fn sign_in(&self, name: &str, role: Role) -> String {
        self.store.users().add(name, role, "a long password", NOW).await.unwrap();
        let answer = self.post_form("/login", &format!("name={name}&password=a+long+password"), "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned()
    }

    pub async fn post_form(&self, address: &str, form: &str, cookie: &str) -> Answer {
        let request = Request::post(address)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookie);
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub async fn get_as(&self, address: &str, cookie: &str) -> Answer {
        self.send(Request::get(address).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
    }
}

pub fn with_key(builder: axum::http::request::Builder, key: &str) -> axum::http::request::Builder {
    if key.is_empty() { builder } else { builder.header(header::AUTHORIZATION, format!("Bearer {key}")) }
}
