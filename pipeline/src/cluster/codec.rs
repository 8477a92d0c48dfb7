//! Plans as bytes: Ballista's codec, and the one step that is ours.

use std::sync::Arc;

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::common::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

use super::write_files::WriteFiles;

/// What the bytes of [`WriteFiles`] begin with. No message of Ballista begins so.
const MARK: &[u8] = b"zhihui write files\n";

/// Bytes of one message: a plan with the tables in memory that it reads.
pub(super) const MAX_MESSAGE_BYTES: u32 = 256 << 20;

/// The codec of the scheduler, the executors and the build.
#[derive(Debug, Default)]
pub(super) struct LakeCodec {
    ballista: BallistaPhysicalExtensionCodec,
}

impl PhysicalExtensionCodec for LakeCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match bytes.strip_prefix(MARK) {
            Some(bytes) => Ok(Arc::new(WriteFiles::decode(bytes, inputs)?)),
            None => self.ballista.try_decode(bytes, inputs, context, converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        match node.downcast_ref::<WriteFiles>() {
            Some(write) => {
                bytes.extend_from_slice(MARK);
                write.encode(bytes)
            }
            None => self.ballista.try_encode(node, bytes, converter),
        }
    }
}
