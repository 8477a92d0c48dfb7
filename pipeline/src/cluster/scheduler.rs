//! The scheduler: takes plans, cuts them into stages, gives the tasks of a stage to executors, and repeats those of lost ones.

use std::sync::Arc;

use ballista_core::extension::SessionConfigExt;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion::common::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use object_store::memory::InMemory;

use super::codec::{LakeCodec, MAX_MESSAGE_BYTES};
use super::error::with_causes;
use super::{ClusterError, SchedulerOptions, tls};
use crate::build::plain_functions;
use crate::sql::STORE;

/// Seconds between two looks for lost executors.
const LOOK_SECONDS: u64 = 2;
/// Seconds that a job waits for an executor if there is none.
const NO_EXECUTORS_SECONDS: u64 = 120;

/// Runs a scheduler until it fails or the program ends. It reads no data.
///
/// # Errors
/// [`ClusterError::Stopped`] if the address cannot be used.
pub async fn run_scheduler(options: &SchedulerOptions) -> Result<(), ClusterError> {
    let stopped =
        |reason: String| ClusterError::Stopped { part: "scheduler", address: options.listen.to_string(), reason };
    let client = options.tls.as_ref().map(tls::client);
    let config = SchedulerConfig {
        bind_host: options.listen.ip().to_string(),
        external_host: options.listen.ip().to_string(),
        bind_port: options.listen.port(),
        scheduling_policy: ballista_core::config::TaskSchedulingPolicy::PullStaged,
        grpc_server_max_decoding_message_size: MAX_MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MAX_MESSAGE_BYTES,
        grpc_client_max_message_size: MAX_MESSAGE_BYTES,
        executor_timeout_seconds: options.executor_timeout_seconds,
        expire_dead_executor_interval_seconds: LOOK_SECONDS,
        no_executors_grace_period_seconds: NO_EXECUTORS_SECONDS,
        // The results of a job are fetched as soon as it is done.
        finished_job_data_clean_up_interval_seconds: 60,
        finished_job_state_clean_up_interval_seconds: 600,
        override_config_producer: Some(Arc::new(SessionConfig::new_with_ballista)),
        override_session_builder: Some(Arc::new(session)),
        override_physical_codec: Some(Arc::new(LakeCodec::default())),
        override_create_grpc_client_endpoint: client,
        use_tls: options.tls.is_some(),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| stopped(error.to_string()))?;
    let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config))
        .await
        .map_err(|error| stopped(error.to_string()))?;
    let service = SchedulerGrpcServer::new(scheduler)
        .max_encoding_message_size(MAX_MESSAGE_BYTES as usize)
        .max_decoding_message_size(MAX_MESSAGE_BYTES as usize);
    let mut server = tonic::transport::Server::builder().tcp_nodelay(true);
    if let Some(tls) = &options.tls {
        server = server.tls_config(tls::server(tls)).map_err(|error| stopped(error.to_string()))?;
    }
    server.add_service(service).serve(options.listen).await.map_err(|error| stopped(with_causes(&error)))
}

/// The state in which plans are decoded: our functions, and a lake without files, because the scheduler opens none.
fn session(config: SessionConfig) -> Result<SessionState> {
    let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
    state.runtime_env().register_object_store(ObjectStoreUrl::parse(STORE)?.as_ref(), Arc::new(InMemory::new()));
    let session = datafusion::prelude::SessionContext::new_with_state(state);
    for function in plain_functions() {
        session.register_udf(function);
    }
    Ok(session.state())
}
