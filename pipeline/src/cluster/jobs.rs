//! Sends the plans of a build to the scheduler and waits for their results.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use ballista_core::execution_plans::{ChaosExec, execute_physical_plan};
use ballista_core::extension::SessionConfigExt;
use datafusion::common::{DataFusionError, Result};
use datafusion::dataframe::DataFrame;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, execute_stream};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::TryStreamExt;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::codec::{LakeCodec, MAX_MESSAGE_BYTES};
use super::write_files::WriteFiles;
use super::{ClusterError, ClusterOptions, Fault, file_rows, tls};
use crate::lake::{Lake, LakeTable, TableSpec, Written};
use crate::sql::LakeScan;

/// A job that fails is sent this many times. Tasks are repeated by the scheduler before that.
const ATTEMPTS: u64 = 3;

/// The cluster that runs the plans of one build.
#[derive(Debug)]
pub(crate) struct Cluster {
    options: ClusterOptions,
    session: String,
}

impl Cluster {
    /// Checks the certificates. Connects with the first plan.
    pub(crate) fn new(options: &ClusterOptions) -> Result<Self, ClusterError> {
        if let Some(tls) = &options.tls {
            tls::check(tls)?;
        }
        Ok(Self { options: options.clone(), session: Uuid::new_v4().to_string() })
    }

    /// The cluster that runs the queries of a session with these settings.
    pub(crate) fn of(config: &SessionConfig) -> Option<Arc<Self>> {
        config.get_extension::<Self>()
    }

    /// Settings with which plans can be split between machines. Queries of a session with them are sent to this cluster.
    pub(crate) fn configure(self, config: SessionConfig) -> SessionConfig {
        // Ballista's settings: no dynamic filters and no scalar subqueries, which would wait for another machine for ever; joins
        // by sorting and merging, which need no memory for a whole side.
        let config = config
            .upgrade_for_ballista()
            .with_target_partitions(self.options.partitions.max(1))
            .with_ballista_adaptive_query_planner(false)
            .with_ballista_grpc_client_max_message_size(MAX_MESSAGE_BYTES as usize);
        let config = match &self.options.tls {
            Some(tls) => {
                config.with_ballista_use_tls(true).with_ballista_override_create_grpc_client_endpoint(tls::client(tls))
            }
            None => config,
        };
        config.with_extension(Arc::new(self))
    }

    /// Runs a query; its rows come to this process.
    pub(crate) async fn rows(&self, frame: DataFrame, table: &str) -> Result<SendableRecordBatchStream> {
        let context = Arc::new(frame.task_ctx());
        self.run(table, frame.create_physical_plan().await?, context, async |rows| Ok(rows)).await
    }

    /// Runs a query whose rows the executors write to new files of a table, one or more for each part of the query, or one for all.
    pub(crate) async fn write(
        &self,
        frame: DataFrame,
        table: &LakeTable,
        partition: &[(&str, &str)],
        in_parallel: bool,
    ) -> Result<Written> {
        let context = Arc::new(frame.task_ctx());
        let mut plan = frame.create_physical_plan().await?;
        if !in_parallel && plan.output_partitioning().partition_count() > 1 {
            plan = Arc::new(CoalescePartitionsExec::new(plan));
        }
        let constants = partition.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.write_files(plan, table.file_target().spec, constants, context).await
    }

    /// Runs a query whose rows the executors keep in the lake until the end of the build, and returns the scan of these rows.
    pub(crate) async fn keep(&self, frame: DataFrame, table: &str) -> Result<LakeScan> {
        let context = Arc::new(frame.task_ctx());
        let plan = frame.create_physical_plan().await?;
        let schema = without_views(&plan.schema());
        let name = Lake::temporary_name(table);
        let spec = TableSpec { name, schema, partition_by: Vec::new(), statistics: Vec::new() };
        let written = self.write_files(plan, spec.clone(), Vec::new(), context).await?;
        Ok(LakeScan::of_files(&spec, written.files))
    }

    async fn write_files(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        spec: TableSpec,
        constants: Vec<(String, String)>,
        context: Arc<TaskContext>,
    ) -> Result<Written> {
        let collect = async |mut files: SendableRecordBatchStream| {
            let mut written = Written::default();
            while let Some(rows) = files.try_next().await? {
                written.merge(file_rows::from_rows(&rows)?);
            }
            Ok::<_, DataFusionError>(written)
        };
        let table = spec.name.clone();
        self.run(&table, Arc::new(WriteFiles::new(plan, spec, constants)), context, collect).await
    }

    /// Runs a plan and reads its rows, again if either fails: an executor may be lost with the rows. A repeated job writes new
    /// files, and those of the failed one are never committed. A plan that the cluster cannot run runs in this process.
    async fn run<T>(
        &self,
        table: &str,
        plan: Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
        read: impl AsyncFn(SendableRecordBatchStream) -> Result<T>,
    ) -> Result<T> {
        let mut attempt = 1;
        loop {
            let sent = self.with_fault(table, Arc::clone(&plan), attempt)?;
            let done = match self.submit(sent, context.session_config().clone()).await {
                Ok(rows) => read(rows).await,
                Err(error) => Err(error),
            };
            match done {
                Err(error) if cannot_be_split(&error) => {
                    let reason = error.strip_backtrace();
                    tracing::warn!(table, reason, "the cluster cannot run this plan; it runs in this process");
                    return read(execute_stream(plan, context)?).await;
                }
                Err(error) if attempt < ATTEMPTS => {
                    let error = error.strip_backtrace();
                    tracing::warn!(table, attempt, error, "a job of the cluster failed; it runs again");
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    async fn submit(&self, plan: Arc<dyn ExecutionPlan>, config: SessionConfig) -> Result<SendableRecordBatchStream> {
        let url = format!("http://{}:{}", self.options.scheduler.host, self.options.scheduler.port);
        let (settings, session) = (config.ballista_config(), self.session.clone());
        execute_physical_plan::<PhysicalPlanNode>(url, &settings, plan, &LakeCodec::default(), session, config).await
    }

    /// The scheduler repeats a task with the same plan, so the same task fails again until the job is sent another time.
    fn with_fault(&self, table: &str, plan: Arc<dyn ExecutionPlan>, attempt: u64) -> Result<Arc<dyn ExecutionPlan>> {
        match self.options.fault {
            Some(Fault { probability, seed }) => {
                let seed = xxh3_64(format!("{seed} {table} {attempt}").as_bytes());
                Ok(Arc::new(ChaosExec::new(plan, probability, "transient", Some(seed))?))
            }
            None => Ok(plan),
        }
    }
}

/// Whether an error is one of planning, which no repetition changes. Errors of executors arrive as texts. Ballista 55 splits some
/// plans with joins by sorting such that the sides of a join have different numbers of parts.
fn cannot_be_split(error: &DataFusionError) -> bool {
    let text = error.to_string();
    ["Internal(", "NotImplemented("].iter().any(|kind| text.contains(kind))
}

/// The columns with texts instead of views of texts.
fn without_views(schema: &SchemaRef) -> SchemaRef {
    let text = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8View => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8)),
        _ => Arc::clone(field),
    };
    Arc::new(Schema::new(schema.fields().iter().map(text).collect::<Vec<_>>()))
}
