//! The SQL session of a build or a report.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use datafusion::common::{Result, ScalarValue};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use zhihui_data::Zone;

use super::execution::QueryTurns;
use super::{BuildOptions, functions};
use crate::cluster::Cluster;
use crate::lake::Lake;
use crate::sql::{LakeScan, STORE, SessionLimits, configuration, runtime, safe_pushdown_rules};

/// Values of the `$name` parameters of a query.
pub(crate) type Parameters = Vec<(String, ScalarValue)>;

/// Opens a session without tables that can scan the lake and has the build's SQL functions.
///
/// # Errors
/// If the session's limits or rules are invalid.
pub(crate) fn open(lake: &Lake, limits: &SessionLimits, zone: Zone) -> Result<SessionContext> {
    open_on(None, lake, limits, zone)
}

/// Opens such a session. With a cluster, it plans queries that the cluster can run.
pub(super) fn open_on(
    cluster: Option<Cluster>,
    lake: &Lake,
    limits: &SessionLimits,
    zone: Zone,
) -> Result<SessionContext> {
    let runtime = runtime(limits)?;
    let store = ObjectStoreUrl::parse(STORE)?;
    runtime.register_object_store(store.as_ref(), Arc::clone(lake.store()));
    // The queries name the smaller side of a join first. The optimizer's estimates after aggregations would swap some joins.
    let config = configuration(limits)
        .set_bool("datafusion.optimizer.join_reordering", false)
        .with_extension(Arc::<QueryTurns>::default());
    let config = match cluster {
        Some(cluster) => cluster.configure(config),
        None => config,
    };
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_physical_optimizer_rules(safe_pushdown_rules())
        .build();
    let session = SessionContext::new_with_state(state);
    session.register_udf(functions::local_day(zone));
    session.register_udf(functions::week_hour(zone));
    session.register_udf(functions::reading_sessions());
    session.register_udf(functions::district_name());
    session.register_udf(functions::read_weight());
    Ok(session)
}

/// The scan of a table as this session can use it: machines of a cluster send texts to one another, but not views of texts.
pub(super) fn scan_in(session: &SessionContext, scan: LakeScan) -> LakeScan {
    let is_on_cluster = Cluster::of(session.state_ref().read().config()).is_some();
    if is_on_cluster { scan.without_views() } else { scan }
}

/// An instant as a parameter value.
#[must_use]
pub(crate) fn instant(at: DateTime<Utc>) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(Some(at.timestamp_micros()), Some(Arc::from("UTC")))
}

/// A named parameter.
pub(crate) fn parameter(name: &str, value: impl Into<ScalarValue>) -> (String, ScalarValue) {
    (name.to_owned(), value.into())
}

/// The parameters of the build's queries.
pub(super) fn parameters(options: &BuildOptions) -> Parameters {
    let (zone, as_of) = (options.zone, options.as_of);
    let day = zone.day(as_of).signed_duration_since(NaiveDate::default()).num_days();
    vec![
        parameter("as_of", instant(as_of)),
        parameter("as_of_day", ScalarValue::Date32(i32::try_from(day).ok())),
        parameter("as_of_seconds", as_of.timestamp_micros() as f64 / 1e6),
        parameter("recent_from", instant(zone.window_start(as_of, 30))),
        parameter("fading_from", instant(zone.window_start(as_of, 90))),
        parameter("topic_half_life_days", options.half_lives.topic_days),
        parameter("article_half_life_days", options.half_lives.article_days),
        parameter("activity_half_life_days", options.half_lives.activity_days),
        parameter("read_weight", options.weights.read),
        parameter("share_weight", options.weights.share),
        parameter("sign_up_weight", options.weights.sign_up),
        parameter("attended_weight", options.weights.attended),
        parameter("reach_prior", options.reach_prior),
    ]
}
