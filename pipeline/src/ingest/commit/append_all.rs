//! Appends all rows without comparison: sign-ups of the inbox, whose rows are new. The build determines their order.

use arrow::record_batch::RecordBatch;

use super::super::IngestError;
use super::{FileRows, RowClass, RowClassifier};
use crate::lake::LakeTable;

/// Classifies every row as new.
pub(super) struct AppendAll;

impl RowClassifier for AppendAll {
    fn passes(&self) -> u64 {
        1
    }

    async fn prepare(&mut self, _: u64, _: &[FileRows<'_>], _: &LakeTable) -> Result<(), IngestError> {
        Ok(())
    }

    fn classify(&mut self, batch: &RecordBatch) -> Result<Vec<Option<RowClass>>, IngestError> {
        Ok(vec![Some(RowClass::New); batch.num_rows()])
    }
}
