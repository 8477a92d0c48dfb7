//! The last step of a plan on executors: writes each partition of its input to files of a table, and returns one row a file.
//!
//! Only the rows of successful tasks reach the build, which commits the files that they name. Files of a task that failed, or whose
//! executor was lost, are in no version of the table, and `maintain` deletes them.

use std::fmt;
use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, exec_datafusion_err, internal_datafusion_err};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use super::file_rows;
use crate::lake::{FileTarget, LakeError, TableSpec};
use crate::sql::STORE;

/// Writes the rows of `input` to the table of `spec`.
#[derive(Debug, Clone)]
pub(super) struct WriteFiles {
    input: Arc<dyn ExecutionPlan>,
    spec: TableSpec,
    /// Columns that the input does not have, with their only value.
    constants: Vec<(String, String)>,
    properties: Arc<PlanProperties>,
}

/// What is sent besides the input and the columns.
#[derive(Serialize, Deserialize)]
struct Message {
    name: String,
    partition_by: Vec<String>,
    statistics: Vec<String>,
    constants: Vec<(String, String)>,
}

impl WriteFiles {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, spec: TableSpec, constants: Vec<(String, String)>) -> Self {
        let partitions = input.output_partitioning().partition_count();
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(file_rows::schema()),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Final,
            Boundedness::Bounded,
        ));
        Self { input, spec, constants, properties }
    }

    /// Appends the message as a line of JSON, then the columns.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) -> Result<()> {
        let message = Message {
            name: self.spec.name.clone(),
            partition_by: self.spec.partition_by.clone(),
            statistics: self.spec.statistics.clone(),
            constants: self.constants.clone(),
        };
        serde_json::to_writer(&mut *bytes, &message).map_err(|error| internal_datafusion_err!("{error}"))?;
        bytes.push(b'\n');
        StreamWriter::try_new(bytes, &self.spec.schema)?.finish()?;
        Ok(())
    }

    pub(super) fn decode(bytes: &[u8], inputs: &[Arc<dyn ExecutionPlan>]) -> Result<Self> {
        let damaged = || internal_datafusion_err!("a plan to write files is damaged");
        let end = bytes.iter().position(|&byte| byte == b'\n').ok_or_else(damaged)?;
        let (message, columns) = bytes.split_at(end);
        let message: Message = serde_json::from_slice(message).map_err(|_| damaged())?;
        let schema = StreamReader::try_new(Cursor::new(&columns[1..]), None)?.schema();
        let [input] = inputs else { return Err(damaged()) };
        let spec = TableSpec {
            name: message.name,
            schema,
            partition_by: message.partition_by,
            statistics: message.statistics,
        };
        Ok(Self::new(Arc::clone(input), spec, message.constants))
    }
}

impl DisplayAs for WriteFiles {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WriteFiles: table={}", self.spec.name)
    }
}

impl ExecutionPlan for WriteFiles {
    fn name(&self) -> &'static str {
        "WriteFiles"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.into_iter().next().ok_or_else(|| internal_datafusion_err!("WriteFiles has one input"))?;
        Ok(Arc::new(Self::new(input, self.spec.clone(), self.constants.clone())))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let store = context.runtime_env().object_store(ObjectStoreUrl::parse(STORE)?)?;
        let target = FileTarget::new(store, self.spec.clone());
        let mut input = self.input.execute(partition, context)?;
        let constants = self.constants.clone();
        let files = async move {
            let mut writer = target.writer();
            while let Some(batch) = input.try_next().await? {
                writer.write(&with_constants(&batch, &constants)?).await.map_err(failed)?;
            }
            file_rows::to_rows(&writer.finish().await.map_err(failed)?)
        };
        let files = futures::stream::once(files);
        Ok(Box::pin(RecordBatchStreamAdapter::new(file_rows::schema(), files)))
    }
}

fn with_constants(batch: &RecordBatch, constants: &[(String, String)]) -> Result<RecordBatch> {
    let fields = batch.schema_ref().fields().iter().cloned();
    let new = constants.iter().map(|(name, _)| Arc::new(Field::new(name, DataType::Utf8, true)));
    let schema = Schema::new(fields.chain(new).collect::<Vec<_>>());
    let values = constants
        .iter()
        .map(|(_, value)| -> ArrayRef { Arc::new(StringArray::from(vec![value.as_str(); batch.num_rows()])) });
    Ok(RecordBatch::try_new(Arc::new(schema), batch.columns().iter().cloned().chain(values).collect())?)
}

/// An error of the store may pass, so the scheduler runs the task again; others do not.
fn failed(error: LakeError) -> DataFusionError {
    match error {
        LakeError::Store { .. } => DataFusionError::IoError(std::io::Error::other(error)),
        other => exec_datafusion_err!("{other}"),
    }
}
