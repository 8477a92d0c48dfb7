//! Metrics of the service, in its own recorder. Labels are bounded and contain no personal data.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// Upper bounds of the latency histogram in seconds.
const LATENCY_BOUNDS: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// The metrics of the service.
pub(crate) struct Telemetry {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    pub(crate) connections: Gauge,
    pub(crate) free_space: Gauge,
    snapshot: [Gauge; 4],
    load: [Gauge; 4],
    events: [Counter; 3],
}

/// Current load of the service.
pub(crate) struct Load {
    /// Commands in the queue of the event writer.
    pub(crate) events_waiting: usize,
    /// Long computations in progress.
    pub(crate) long_computations: usize,
}

impl Telemetry {
    pub(crate) fn new() -> Self {
        let builder = PrometheusBuilder::new();
        // `set_buckets` refuses only an empty list.
        let recorder =
            builder.set_buckets(LATENCY_BOUNDS).unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        let (connections, free_space, snapshot, load, events) = with_local_recorder(&recorder, || {
            metrics::describe_counter!("zhihui_http_requests_total", "Requests by route, method and class of status");
            metrics::describe_histogram!(
                "zhihui_http_request_seconds",
                "Time from the head of a request to its response"
            );
            metrics::describe_gauge!("zhihui_http_connections", "Open connections");
            metrics::describe_gauge!("zhihui_disk_free_bytes", "Free bytes on the volume of the home");
            let snapshot = [
                gauge!("zhihui_snapshot_as_of_timestamp_seconds"),
                gauge!("zhihui_snapshot_age_seconds"),
                gauge!("zhihui_snapshot_members"),
                gauge!("zhihui_snapshot_items"),
            ];
            metrics::describe_counter!("zhihui_events_total", "Received events by outcome");
            metrics::describe_gauge!("zhihui_events_waiting", "Requests in the queue of the event writer");
            metrics::describe_gauge!("zhihui_long_computations", "Previews, batches and reports in progress");
            let load = [
                gauge!("zhihui_events_waiting"),
                gauge!("zhihui_long_computations"),
                gauge!("process_resident_memory_bytes"),
                gauge!("process_open_fds"),
            ];
            let events = |outcome: &'static str| counter!("zhihui_events_total", "outcome" => outcome);
            let events = ["accepted", "duplicate", "rejected"].map(events);
            (gauge!("zhihui_http_connections"), gauge!("zhihui_disk_free_bytes"), snapshot, load, events)
        });
        Self { recorder, handle, connections, free_space, snapshot, load, events }
    }

    /// The metrics of a route with these methods.
    pub(crate) fn route_metrics(&self, route: &str, methods: &[Method]) -> RouteMetrics {
        let metrics = |method: &Method| MethodMetrics {
            method: method.clone(),
            classes: CLASSES.map(|class| self.class_metrics(route, method.as_str(), class)),
        };
        RouteMetrics(methods.iter().map(metrics).collect())
    }

    fn class_metrics(&self, route: &str, method: &str, class: &'static str) -> (Counter, Histogram) {
        let labels = [("route", route.to_owned()), ("method", method.to_owned()), ("status", class.to_owned())];
        with_local_recorder(&self.recorder, || {
            (counter!("zhihui_http_requests_total", &labels), histogram!("zhihui_http_request_seconds", &labels))
        })
    }

    /// Sets the gauges of the published snapshot. `None` before the first publish.
    pub(crate) fn set_snapshot(&self, published: Option<(&crate::live::queries::SnapshotInfo, i64)>) {
        if let Some((info, age_seconds)) = published {
            let values = [info.as_of as f64, age_seconds as f64, info.members as f64, info.items as f64];
            self.snapshot.iter().zip(values).for_each(|(gauge, value)| gauge.set(value));
        }
    }

    /// Sets the gauges of load and process. Process gauges are skipped where the system does not provide them.
    pub(crate) fn set_load(&self, now: &Load) {
        let process = [resident_bytes(), open_files()].map(|value| value.unwrap_or(f64::NAN));
        let values = [now.events_waiting as f64, now.long_computations as f64, process[0], process[1]];
        let known = self.load.iter().zip(values).filter(|(_, value)| !value.is_nan());
        known.for_each(|(gauge, value)| gauge.set(value));
    }

    /// Counts events by outcome.
    pub(crate) fn count_events(&self, accepted: usize, duplicates: usize, rejected: usize) {
        let counts = [accepted, duplicates, rejected];
        self.events.iter().zip(counts).for_each(|(counter, count)| counter.increment(count as u64));
    }

    /// All metrics in the Prometheus text format.
    pub(crate) fn render(&self) -> String {
        self.handle.render()
    }

    /// Aggregates recorded latencies into buckets. Otherwise they accumulate until the next scrape.
    pub(crate) fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Telemetry")
    }
}

fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

fn open_files() -> Option<f64> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count() as f64)
}

/// The metrics of one route.
#[derive(Clone)]
pub(crate) struct RouteMetrics(Arc<[MethodMetrics]>);

struct MethodMetrics {
    method: Method,
    classes: [(Counter, Histogram); 4],
}

impl RouteMetrics {
    /// Counts a response. A method without metrics counts as the first one.
    pub(crate) fn count(&self, method: &Method, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(2, 5) - 2;
        let metrics = self.0.iter().find(|metrics| metrics.method == method).or_else(|| self.0.first());
        if let Some((counter, histogram)) = metrics.and_then(|metrics| metrics.classes.get(class)) {
            counter.increment(1);
            histogram.record(took.as_secs_f64());
        }
    }
}
