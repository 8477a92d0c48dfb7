//! Sends requests at a fixed rate and measures their latency. Each request has a due time and its latency counts from then, so
//! that stalls of the service are part of it. `bench/load.sh` runs this program.
//!
//! `load ADDRESS KEY MEMBERS ITEMS [NAME=VALUE …]` prints one JSON object. MEMBERS is a file with one id per line. Each line of
//! ITEMS is an id, a tab and the kind. Values and their defaults: `seconds=30 events=10000 batch=100 lists=500 connections=32
//! slow=0`. `events` and `lists` are rates per second. `slow` is the number of clients that never finish a head, and also of
//! those that never finish a body. `beside=N` adds, without pauses between requests, N clients for the export of a member, N for
//! the data page, N for a workbook of rejected rows and N for the report. They need the key of an admin. KEY may be several keys
//! separated by commas. The `beside` clients share them, since the computations of one key are limited; all other clients use the
//! first.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str = "usage: load ADDRESS KEY MEMBERS ITEMS [NAME=VALUE …]";
/// Read timeout of a response.
const READ_TIMEOUT: Duration = Duration::from_secs(40);

struct Plan {
    address: String,
    key: String,
    /// The keys of the `beside` clients.
    keys: Vec<String>,
    members: Vec<String>,
    /// Ids of items, each with whether members sign up for it (otherwise they read it).
    items: Vec<(String, bool)>,
    numbers: BTreeMap<String, f64>,
    /// Makes the event ids of this run unique.
    run: u64,
}

/// The measurements of one kind of request.
#[derive(Default)]
struct Measurements {
    micros: Vec<u32>,
    errors: BTreeMap<String, u64>,
    accepted: u64,
    duplicates: u64,
}

fn main() -> Result<()> {
    let plan = Arc::new(Plan::from_arguments()?);
    let done = Arc::new(AtomicBool::new(false));
    let slow: Vec<_> = (0..plan.number("slow") as usize)
        .flat_map(|_| [false, true])
        .map(|in_body| slow_client(Arc::clone(&plan), in_body, Arc::clone(&done)))
        .collect();
    let began = Instant::now();
    let batch = plan.number("batch");
    let streams = [("events", plan.number("events") / batch, true), ("lists", plan.number("lists"), false)];
    let running: Vec<_> = streams
        .into_iter()
        .filter(|(_, rate, _)| *rate > 0.0)
        .map(|(name, rate, sends_events)| (name, rate, workers(&plan, began, rate, sends_events)))
        .collect();
    let beside_clients: Vec<_> = beside_paths(&plan)?
        .into_iter()
        .flat_map(|path| (0..plan.number("beside") as usize).map(move |_| path.clone()))
        .enumerate()
        .map(|(number, path)| (path.clone(), beside_client(Arc::clone(&plan), (number, path), Arc::clone(&done))))
        .collect();
    let mut summaries = serde_json::Map::new();
    for (name, rate, workers) in running {
        let mut all = Measurements::default();
        for worker in workers {
            all.add(worker.join().map_err(|_| "a worker panicked")?);
        }
        let summary = all.summary(rate, plan.number("seconds"));
        let figure = |figure: &str| summary[figure].as_f64().unwrap_or(f64::NAN);
        writeln!(
            std::io::stderr(),
            "  {name}: {:.0} requests per second of {rate:.0} sent, p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, max {:.1} ms, errors {}",
            figure("answered_per_second"),
            figure("p50_ms"),
            figure("p99_ms"),
            figure("p999_ms"),
            figure("max_ms"),
            summary["errors"]
        )?;
        summaries.insert(name.to_owned(), summary);
    }
    done.store(true, Ordering::Relaxed);
    let cut_off: u64 = slow.into_iter().map(|client| client.join().unwrap_or(0)).sum();
    summaries.insert("slow_clients_cut_off".to_owned(), cut_off.into());
    let mut beside: BTreeMap<String, Measurements> = BTreeMap::new();
    for (path, client) in beside_clients {
        beside.entry(path).or_default().add(client.join().map_err(|_| "a client panicked")?);
    }
    for (path, measured) in beside {
        summaries.insert(path, measured.summary(0.0, plan.number("seconds")));
    }
    writeln!(std::io::stdout(), "{}", serde_json::Value::Object(summaries))?;
    Ok(())
}

impl Plan {
    fn from_arguments() -> Result<Self> {
        let mut arguments = std::env::args().skip(1);
        let mut next = || arguments.next().ok_or(USAGE);
        let (address, keys, members, items) = (next()?, next()?, next()?, next()?);
        let keys: Vec<String> = keys.split(',').map(str::to_owned).collect();
        let key = keys[0].clone();
        let defaults = [("seconds", 30.0), ("events", 1e4), ("batch", 100.0), ("lists", 500.0), ("connections", 32.0)];
        let mut numbers: BTreeMap<String, f64> =
            defaults.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for argument in arguments {
            let (name, value) = argument.split_once('=').ok_or(USAGE)?;
            numbers.insert(name.to_owned(), value.parse()?);
        }
        let lines = |path: &str| -> Result<Vec<String>> {
            Ok(std::fs::read_to_string(path)?.lines().map(str::to_owned).collect())
        };
        let item = |line: String| match line.split_once('\t') {
            Some((id, kind)) => (id.to_owned(), kind != "article"),
            None => (line, false),
        };
        let (members, items) = (lines(&members)?, lines(&items)?.into_iter().map(item).collect::<Vec<_>>());
        if members.is_empty() || items.is_empty() {
            return Err("MEMBERS and ITEMS must have at least one line each".into());
        }
        let run = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros() as u64;
        Ok(Self { address, key, keys, members, items, numbers, run })
    }

    fn number(&self, name: &str) -> f64 {
        self.numbers.get(name).copied().unwrap_or(0.0)
    }

    fn get(&self, path: &str, key: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n")
    }

    /// A request for the recommendations of a pseudo-random member.
    fn list(&self, number: u64) -> String {
        let member = &self.members[scramble(number) as usize % self.members.len()];
        format!(
            "GET /v1/recommendations?n=10&member_id={member} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
            self.key
        )
    }

    /// A request with a batch of events.
    fn events(&self, number: u64) -> String {
        let batch = self.number("batch") as u64;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let mut body = String::from("{\"events\":[");
        for place in 0..batch {
            let random = scramble(number * batch + place + 1);
            let member = &self.members[random as usize % self.members.len()];
            let (item, is_signed_up_for) = &self.items[(random >> 32) as usize % self.items.len()];
            let kind = if *is_signed_up_for { "sign_up" } else { "read" };
            let comma = if place == 0 { "" } else { "," };
            // Writing to a string is infallible.
            let _ = write!(
                body,
                "{comma}{{\"event_id\":\"{}-{number}-{place}\",\"type\":\"{kind}\",\"member_id\":\"{member}\",\"item_id\":\"{item}\",\"at\":{now}}}",
                self.run
            );
        }
        body.push_str("]}");
        format!(
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        )
    }
}

/// The paths that the `beside` clients request.
fn beside_paths(plan: &Plan) -> Result<Vec<String>> {
    if plan.number("beside") == 0.0 {
        return Ok(Vec::new());
    }
    let mut paths = vec!["/data".to_owned(), "/v1/reports/engagement".to_owned()];
    paths.push(format!("/v1/members/{}", plan.members[0]));
    let (status, page) = send(&plan.address, &mut None, &plan.get("/data", &plan.key))?;
    if status != 200 {
        return Err(format!("/data returned {status}; `beside` needs the key of an admin").into());
    }
    let workbook = page.split("\"/data/errors.xlsx").nth(1).and_then(|rest| rest.split('"').next());
    paths.extend(
        workbook.map(|query| format!("/data/errors.xlsx{}", query.replace("&amp;", "&").replace("&#38;", "&"))),
    );
    Ok(paths)
}

/// A client that requests one path repeatedly without pauses.
fn beside_client(plan: Arc<Plan>, (number, path): (usize, String), done: Arc<AtomicBool>) -> JoinHandle<Measurements> {
    spawn(move || {
        let (mut measured, mut connection) = (Measurements::default(), None);
        let request = plan.get(&path, &plan.keys[number % plan.keys.len()]);
        while !done.load(Ordering::Relaxed) {
            let began = Instant::now();
            let answer = send(&plan.address, &mut connection, &request);
            measured.note(answer, began.elapsed(), None);
        }
        measured
    })
}

/// Connections that share one schedule of requests.
fn workers(plan: &Arc<Plan>, began: Instant, rate: f64, sends_events: bool) -> Vec<JoinHandle<Measurements>> {
    let next = Arc::new(AtomicU64::new(0));
    let work = |_| {
        let (plan, next) = (Arc::clone(plan), Arc::clone(&next));
        spawn(move || {
            let (mut measured, mut connection) = (Measurements::default(), None);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let due = Duration::from_secs_f64(number as f64 / rate);
                if due.as_secs_f64() >= plan.number("seconds") {
                    return measured;
                }
                let request = if sends_events { plan.events(number) } else { plan.list(number) };
                sleep(due.saturating_sub(began.elapsed()));
                let answer = send(&plan.address, &mut connection, &request);
                let latency = began.elapsed().saturating_sub(due);
                measured.note(answer, latency, sends_events.then(|| plan.number("batch") as u64));
            }
        })
    };
    (0..plan.number("connections") as usize).map(work).collect()
}

/// Sends a request over a reused connection and returns status and body of the response.
fn send(address: &str, reused: &mut Option<TcpStream>, request: &str) -> Result<(u16, String)> {
    let mut stream = match reused.take().filter(is_open) {
        Some(stream) => stream,
        None => {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(READ_TIMEOUT))?;
            stream
        }
    };
    stream.write_all(request.as_bytes())?;
    let (mut bytes, mut part) = (Vec::with_capacity(8_192), [0; 16_384]);
    loop {
        let read = stream.read(&mut part)?;
        if read == 0 {
            return Err("the connection was closed".into());
        }
        bytes.extend_from_slice(&part[..read]);
        let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&bytes[..head])?.to_ascii_lowercase();
        let length =
            text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse::<usize>().ok());
        if bytes.len() < head + 4 + length.ok_or("the response has no content-length")? {
            continue;
        }
        let status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or("the response has no status")?;
        let body = String::from_utf8_lossy(&bytes.split_off(head + 4)).into_owned();
        *reused = Some(stream);
        return Ok((status, body));
    }
}

/// Whether the service still keeps an idle connection open. HTTP clients check this before they reuse one.
fn is_open(stream: &TcpStream) -> bool {
    let waits = stream.set_nonblocking(true).is_ok()
        && matches!(stream.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
    waits && stream.set_nonblocking(false).is_ok()
}

/// A client that sends its head or its body at one byte per second. Returns how often it was disconnected.
fn slow_client(plan: Arc<Plan>, in_body: bool, done: Arc<AtomicBool>) -> JoinHandle<u64> {
    spawn(move || {
        let mut cut_off = 0;
        while !done.load(Ordering::Relaxed) {
            let Ok(mut stream) = TcpStream::connect(&plan.address) else {
                sleep(Duration::from_millis(100));
                continue;
            };
            let begin = if in_body {
                format!(
                    "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{",
                    plan.key
                )
            } else {
                "GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned()
            };
            let mut more = stream.write_all(begin.as_bytes()).is_ok();
            let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
            while more && !done.load(Ordering::Relaxed) {
                // A read timeout means that the connection is still open. A response or an end means that it was cut off.
                let waits = matches!(stream.read(&mut [0; 64]), Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
                more = waits && stream.write_all(b" ").is_ok();
            }
            cut_off += u64::from(!more);
        }
        cut_off
    })
}

impl Measurements {
    fn note(&mut self, answer: Result<(u16, String)>, latency: Duration, batch: Option<u64>) {
        let error = match answer {
            Ok((200, body)) => {
                let number = |name: &str| -> u64 {
                    let rest = body.split(&format!("\"{name}\":")).nth(1).unwrap_or_default();
                    rest.split([',', '}']).next().unwrap_or_default().parse().unwrap_or(0)
                };
                let (accepted, duplicates) =
                    if batch.is_some() { (number("accepted"), number("duplicates")) } else { (0, 0) };
                self.accepted += accepted;
                self.duplicates += duplicates;
                match batch {
                    Some(batch) if accepted + duplicates < batch => Some("rejected events".to_owned()),
                    _ => None,
                }
            }
            Ok((status, _)) => Some(status.to_string()),
            Err(error) => Some(error.to_string()),
        };
        match error {
            Some(error) => *self.errors.entry(error).or_default() += 1,
            None => self.micros.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX)),
        }
    }

    fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        other.errors.into_iter().for_each(|(error, count)| *self.errors.entry(error).or_default() += count);
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
    }

    /// Latency quantiles in milliseconds, and counts.
    fn summary(mut self, rate: f64, seconds: f64) -> serde_json::Value {
        self.micros.sort_unstable();
        let at = |share: f64| {
            let place = (share * self.micros.len() as f64).ceil() as usize;
            self.micros.get(place.saturating_sub(1)).map(|&micros| f64::from(micros) / 1_000.0)
        };
        serde_json::json!({
            "asked_per_second": rate, "answered": self.micros.len(), "answered_per_second": self.micros.len() as f64 / seconds,
            "errors": self.errors, "p50_ms": at(0.5), "p90_ms": at(0.9), "p99_ms": at(0.99), "p999_ms": at(0.999),
            "max_ms": at(1.0), "events_accepted": self.accepted, "event_duplicates": self.duplicates,
        })
    }
}

/// A pseudo-random number (the finalizer of `SplitMix64`).
fn scramble(number: u64) -> u64 {
    let mut scramble = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    scramble = (scramble ^ (scramble >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    scramble = (scramble ^ (scramble >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    scramble ^ (scramble >> 31)
}
