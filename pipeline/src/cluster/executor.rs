//! An executor: asks the scheduler for tasks, reads and writes the lake, and keeps intermediate results for others to fetch.

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::error::BallistaError;
use ballista_core::extension::SessionConfigExt;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::{ConfigProducer, RuntimeProducer};
use ballista_executor::ArrowFlightServerProvider;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::flight_service::BallistaFlightService;
use datafusion::execution::SessionStateDefaults;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionConfig;

use super::codec::{LakeCodec, MAX_MESSAGE_BYTES};
use super::error::with_causes;
use super::{ClusterError, ClusterTls, ExecutorOptions, tls};
use crate::build::plain_functions;
use crate::lake::{Lake, SystemDisk, make_folder};
use crate::sql::STORE;

/// Seconds that a starting executor waits for its scheduler.
const CONNECT_SECONDS: u16 = 60;

/// Runs an executor until it is told to stop (SIGTERM, Ctrl+C), fails, or the program ends. It finishes running tasks first.
///
/// # Errors
/// [`ClusterError::Stopped`] if the address cannot be used or the scheduler does not answer.
pub async fn run_executor(lake: &Lake, options: &ExecutorOptions) -> Result<(), ClusterError> {
    let stopped =
        |reason: String| ClusterError::Stopped { part: "executor", address: options.listen.to_string(), reason };
    make_folder(&SystemDisk, &options.work_dir).map_err(|error| stopped(error.to_string()))?;
    let work_dir = options.work_dir.to_str().map(str::to_owned);
    let work_dir = work_dir.ok_or_else(|| stopped("the name of the work folder is not UTF-8".to_owned()))?;
    let config = ExecutorProcessConfig {
        bind_host: options.listen.ip().to_string(),
        external_host: Some(options.host.clone()),
        port: options.listen.port(),
        scheduler_host: options.scheduler.host.clone(),
        scheduler_port: options.scheduler.port,
        scheduler_connect_timeout_seconds: CONNECT_SECONDS,
        vcores: options.threads.max(1),
        task_scheduling_policy: ballista_core::config::TaskSchedulingPolicy::PullStaged,
        work_dir: Some(work_dir.clone()),
        grpc_max_decoding_message_size: MAX_MESSAGE_BYTES,
        grpc_max_encoding_message_size: MAX_MESSAGE_BYTES,
        memory_pool_size: Some(options.memory_bytes),
        override_function_registry: Some(Arc::new(functions())),
        override_runtime_producer: Some(runtime(lake, work_dir)),
        override_config_producer: Some(settings(options.tls.clone())),
        override_physical_codec: Some(Arc::new(LakeCodec::default())),
        override_arrow_flight_service: options.tls.clone().map(flight_service),
        override_create_grpc_client_endpoint: options.tls.as_ref().map(tls::client),
        ..ExecutorProcessConfig::default()
    };
    Box::pin(start_executor_process(Arc::new(config))).await.map_err(|error| stopped(with_causes(&error)))
}

/// The functions by whose names plans call them: those of datafusion, of which Ballista omits those of lists, and ours.
fn functions() -> BallistaFunctionRegistry {
    let mut functions = BallistaFunctionRegistry::default();
    let of_datafusion = SessionStateDefaults::default_scalar_functions();
    let ours = plain_functions().into_iter().map(Arc::new);
    let by_name = of_datafusion.into_iter().chain(ours).map(|function| (function.name().to_owned(), function));
    functions.scalar_functions.extend(by_name);
    functions
}

/// Makes the surroundings of a task: the lake's store, and a folder to spill to.
fn runtime(lake: &Lake, work_dir: String) -> RuntimeProducer {
    let lake = lake.clone();
    Arc::new(move |_config| {
        let runtime = RuntimeEnvBuilder::new().with_temp_file_path(work_dir.clone()).build_arc()?;
        runtime.register_object_store(ObjectStoreUrl::parse(STORE)?.as_ref(), Arc::clone(lake.store()));
        Ok(runtime)
    })
}

/// The settings of tasks before those of the job are applied.
fn settings(tls: Option<ClusterTls>) -> ConfigProducer {
    Arc::new(move || {
        let config = SessionConfig::new_with_ballista();
        match &tls {
            Some(tls) => {
                config.with_ballista_use_tls(true).with_ballista_override_create_grpc_client_endpoint(tls::client(tls))
            }
            None => config,
        }
    })
}

/// The service from which others fetch results, with TLS.
fn flight_service(tls: ClusterTls) -> Arc<ArrowFlightServerProvider> {
    Arc::new(move |work_dir, address, mut shutdown, _settings| {
        let tls = tls::server(&tls);
        tokio::spawn(async move {
            let service = FlightServiceServer::new(BallistaFlightService::new(work_dir))
                .max_decoding_message_size(MAX_MESSAGE_BYTES as usize)
                .max_encoding_message_size(MAX_MESSAGE_BYTES as usize);
            let mut server = tonic::transport::Server::builder().tcp_nodelay(true).tls_config(tls)?;
            server.add_service(service).serve_with_shutdown(address, shutdown.recv()).await.map_err(BallistaError::from)
        })
    })
}
