//! Tests over a socket: slow clients, shutdown, revoked keys.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zhihui_api::{Role, ServeError, Settings, serve};

use crate::support::{Fixture, NOW};

pub struct Running {
    pub fixture: Fixture,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<Result<(), ServeError>>,
}

pub async fn start(settings: Settings) -> Running {
    let fixture = Fixture::with(settings).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let done = tokio::spawn(serve(listener, fixture.service.clone(), shutdown));
    Running { fixture, address, stop, done }
}

impl Running {
    /// Sends a raw request and reads until the server closes the connection.
    pub async fn send_raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Sends the head of a request and waits until its handler reads the body.
    async fn begin(&self, head: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(format!("{head}expect: 100-continue\r\n\r\n").as_bytes()).await.unwrap();
        let mut told = [0; 25];
        stream.read_exact(&mut told).await.unwrap();
        assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream
    }

    async fn get(&self, address: &str, key: &str) -> String {
        let request =
            format!("GET {address} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\r\n");
        self.send_raw(&request).await
    }
}

#[tokio::test]
async fn a_client_with_an_unfinished_head_is_disconnected_and_others_are_served() {
    let mut settings = Settings::default();
    settings.server.header_read_timeout = Duration::from_millis(200);
    let running = start(settings).await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
        slow.push(stream);
    }
    assert!(running.get("/livez", "").await.starts_with("HTTP/1.1 200"));
    for mut stream in slow {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "the connection was not closed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lets_the_request_in_progress_finish_and_takes_no_other() {
    let running = start(Settings::default()).await;
    let key = running.fixture.key(Role::Backend).await;
    let body = "{\"member_ids\":[\"slow\"]}";
    let head = format!(
        "POST /v1/recommendations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         authorization: Bearer {key}\r\ncontent-length: {}\r\n",
        body.len()
    );
    let mut stream = running.begin(&head).await;
    stream.write_all(body.as_bytes()).await.unwrap();
    running.stop.send(()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(running.done.await.unwrap().is_ok());
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_behind_a_trusted_proxy_are_capped_by_forwarded_address() {
    let mut settings = Settings::default();
    settings.proxies.trusted = vec!["127.0.0.1".parse().unwrap()];
    settings.server.max_connections_per_peer = 3;
    let running = start(settings).await;
    let from = |client: &str| format!("x-forwarded-for: {client}\r\n");
    let livez = async |header: &str| {
        let answer =
            running.send_raw(&format!("GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n")).await;
        answer.lines().next().unwrap_or_default().to_owned()
    };
    let slow = format!("POST /login HTTP/1.1\r\nhost: x\r\n{}content-length: 100\r\n", from("203.0.113.7"));
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(running.begin(&slow).await);
    }
    assert!(livez(&from("203.0.113.7")).await.contains("429"), "a fourth request of the same client");
    // An address that the client puts before the one of the proxy is ignored.
    assert!(livez(&from("198.51.100.1, 203.0.113.7")).await.contains("429"));
    assert!(livez(&from("203.0.113.8")).await.contains("200"), "another client");
    assert!(livez("").await.contains("200"), "requests of the proxy itself");
    drop(held.pop());
    for attempt in 0.. {
        if livez(&from("203.0.113.7")).await.contains("200") {
            break;
        }
        assert!(attempt < 200, "the finished request did not release its permit");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_outlasts_the_deadline_is_cut_off() {
    let mut settings = Settings::default();
    settings.server.stop_deadline = Duration::from_millis(50);
    let running = start(settings).await;
    let _stream = running.begin("POST /login HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n").await;
    running.stop.send(()).unwrap();
    assert!(matches!(running.done.await.unwrap(), Err(ServeError::Deadline { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_made_or_revoked_by_another_process_is_seen_while_serving() {
    let running = start(Settings::default()).await;
    let elsewhere = zhihui_api::Store::open(&running.fixture.home.path().join("zhihui.db")).await.unwrap();
    let key = elsewhere.keys().add("from the command line", Role::Backend, NOW).await.unwrap();
    let becomes = async |status: &str| {
        let ask = async {
            while !running.get("/v1/popular", &key.key).await.starts_with(&format!("HTTP/1.1 {status}")) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // The target is one second. The limit is longer because test machines may be under load.
        tokio::time::timeout(Duration::from_secs(30), ask).await
    };
    assert!(becomes("200").await.is_ok(), "a new key is accepted");
    elsewhere.keys().revoke(&key.id, NOW).await.unwrap();
    assert!(becomes("401").await.is_ok(), "a revoked key is refused");
}

#[tokio::test]
async fn metrics_are_open_to_this_machine_but_not_through_a_proxy() {
    let running = start(Settings::default()).await;
    let local = running.send_raw("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(local.starts_with("HTTP/1.1 200"), "{local}");
    let handed_on = "GET /metrics HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.7\r\nconnection: close\r\n\r\n";
    assert!(running.send_raw(handed_on).await.starts_with("HTTP/1.1 401"));
}

/// Clients that request a large file repeatedly and never read the response.
async fn stuck_clients(running: &Running, count: usize) -> Vec<TcpStream> {
    let request = "GET /assets/echarts.common.min.js HTTP/1.1\r\nhost: x\r\n\r\n".repeat(40);
    let mut clients = Vec::new();
    for _ in 0..count {
        let Ok(mut stream) = TcpStream::connect(running.address).await else { continue };
        let _ = tokio::time::timeout(Duration::from_millis(200), stream.write_all(request.as_bytes())).await;
        clients.push(stream);
    }
    clients
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_do_not_read_leave_the_service_answering() {
    let mut settings = Settings::default();
    settings.server.max_connections = 100;
    settings.server.max_connections_per_peer = 80;
    settings.server.write_timeout = Duration::from_secs(3);
    let running = start(settings).await;
    let stuck = stuck_clients(&running, 200).await;
    let alive = tokio::time::timeout(Duration::from_secs(5), async {
        // A connection is refused until an earlier one has stalled for long enough.
        loop {
            let answer = tokio::time::timeout(Duration::from_secs(2), try_get(running.address, "/livez")).await;
            if matches!(&answer, Ok(Some(text)) if text.starts_with("HTTP/1.1 200")) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(alive.await.is_ok(), "no answer beside {} clients that do not read", stuck.len());
    let key = running.fixture.key(Role::Admin).await;
    let emptied = async {
        loop {
            let metrics = try_get_with(running.address, "/metrics", &key).await.unwrap_or_default();
            let open = metrics.lines().find_map(|line| line.strip_prefix("zhihui_http_connections "));
            if open.and_then(|number| number.parse::<f64>().ok()).is_some_and(|open| open <= 2.0) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(15), emptied).await.is_ok(),
        "the stalled connections are not closed"
    );
}

async fn try_get(address: SocketAddr, path: &str) -> Option<String> {
    try_get_with(address, path, "").await
}

/// The response, or `None` if the server refuses the connection.
async fn try_get_with(address: SocketAddr, path: &str, key: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_that_reads_gets_its_answer() {
    let mut settings = Settings::default();
    settings.server.write_timeout = Duration::from_secs(2);
    let running = start(settings).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let request = "GET /assets/echarts.common.min.js HTTP/1.1\r\nhost: x\r\n\r\n".repeat(20);
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut read, mut piece) = (0, vec![0; 1 << 20]);
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        read += stream.read(&mut piece).await.unwrap();
    }
    assert!(read > 0);
    loop {
        match tokio::time::timeout(Duration::from_secs(2), stream.read(&mut piece)).await {
            Ok(Ok(bytes)) if bytes > 0 => read += bytes,
            _ => break,
        }
    }
    let answers = read as u64
        / std::fs::metadata(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/echarts.common.min.js")).unwrap().len();
    assert_eq!(answers, 20, "{read} bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_gives_the_place_of_its_computation_back() {
    let mut settings = Settings::default();
    settings.limits.heavy_requests = 1;
    let running = start(settings).await;
    let key = running.fixture.key(Role::Staff).await;
    let request = |item: &str| {
        let body = format!("{{\"item_id\":\"{item}\"}}");
        format!(
            "POST /v1/audiences/preview HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             authorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let mut leaving = TcpStream::connect(running.address).await.unwrap();
    leaving.write_all(request("endless").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(leaving);
    let answer = tokio::time::timeout(Duration::from_secs(4), running.send_raw(&request("a1"))).await;
    assert!(answer.is_ok_and(|text| text.starts_with("HTTP/1.1 200")), "the permit is still held");
}
