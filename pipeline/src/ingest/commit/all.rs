//! Rows of which each is known to come for the first time: the inbox's sign-ups, whose order the build sorts out.

use arrow::record_batch::RecordBatch;

use super::super::IngestError;
use super::{Judge, Staged, Verdict};
use crate::lake::LakeTable;

/// Takes every row.
pub(super) struct All;

impl Judge for All {
    fn passes(&self) -> u64 {
        1
    }

    async fn prepare(&mut self, _: u64, _: &[Staged<'_>], _: &LakeTable) -> Result<(), IngestError> {
        Ok(())
    }

    fn judge(&mut self, batch: &RecordBatch) -> Result<Vec<Option<Verdict>>, IngestError> {
        Ok(vec![Some(Verdict::New); batch.num_rows()])
    }
}
