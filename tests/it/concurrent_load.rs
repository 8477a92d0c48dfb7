//! Recommendations stay fast under concurrent long requests.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::journey::{members, union};
use crate::program::{Program, Server};

/// Number of callers with a key each; as many requests of every kind are in progress.
const CALLERS: usize = 10;
/// Number of measured recommendations.
const MEASURED: usize = 200;
/// Minimum bound: a lower one would measure the machine rather than the service.
const MIN_BOUND: Duration = Duration::from_millis(500);

fn keys(program: &Program) -> Vec<String> {
    let add = |n: usize| program.json(&["key", "add", &format!("beside-{n}"), "--scope", "admin"]);
    (0..CALLERS).map(|n| add(n)["key"].as_str().unwrap().to_owned()).collect()
}

/// Returns the 99th percentile of the latency.
fn p99(server: &Server, path: &str, key: &str) -> Duration {
    let ask = || {
        let began = Instant::now();
        let (status, body) = server.get(path, Some(key));
        assert_eq!(status, 200, "{body}");
        began.elapsed()
    };
    let mut took: Vec<Duration> = (0..MEASURED).map(|_| ask()).collect();
    took.sort_unstable();
    took[MEASURED * 99 / 100]
}

#[test]
fn recommendations_stay_fast_during_exports_data_pages_workbooks_and_reports_of_ten_callers() {
    let program = union();
    let keys = keys(program);
    let server = program.serve();
    let (member, _) = members(program);
    let lists = format!("/v1/recommendations?member_id={member}&n=10");
    let page = server.get("/data", Some(&keys[0])).1;
    let workbook = page.split("\"/data/errors.xlsx").nth(1).and_then(|rest| rest.split('"').next());
    let workbook = workbook.expect("the sample has rejected rows").replace("&amp;", "&").replace("&#38;", "&");
    let heavy = [
        format!("/v1/members/{member}"),
        "/data".to_owned(),
        format!("/data/errors.xlsx{workbook}"),
        "/v1/reports/engagement".to_owned(),
    ];
    let idle = p99(&server, &lists, &keys[0]);
    let (done, answered) = (AtomicBool::new(false), Mutex::new(BTreeMap::<&str, usize>::new()));
    let busy = std::thread::scope(|scope| {
        for (path, key) in heavy.iter().flat_map(|path| keys.iter().map(move |key| (path, key))) {
            let (server, done, answered) = (&server, &done, &answered);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let status = server.status(path, key);
                    // A caller that waits too long for a permit is told to retry.
                    assert!(matches!(status, 200 | 429 | 503), "{path}: {status}");
                    *answered.lock().unwrap().entry(path).or_default() += usize::from(status == 200);
                }
            });
        }
        let busy = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            // Until each kind has been answered, so that all are in progress.
            let until = Instant::now() + Duration::from_secs(120);
            let mut longest = p99(&server, &lists, &keys[0]);
            while answered.lock().unwrap().values().filter(|count| **count > 0).count() < heavy.len() {
                assert!(Instant::now() < until, "not every kind was answered: {answered:?}");
                longest = longest.max(p99(&server, &lists, &keys[0]));
            }
            longest
        }));
        done.store(true, Ordering::Relaxed);
        busy
    });
    let busy = busy.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let bound = (idle * 100).max(MIN_BOUND);
    assert!(busy <= bound, "p99 {busy:?} beside {answered:?}, alone {idle:?}");
}
