//! Writes audiences and allocations as CSV or Excel files for the service.

use zhihui_api::{ListFormat, ListWriter, ListWriterError};
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::allocation::Allocation;
use zhihui_engine::audience::AudienceResult;
use zhihui_pipeline::export;

/// Writes lists in the formats of `zhihui audience --out` and `zhihui allocate --out`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListFiles;

impl ListWriter for ListFiles {
    fn write(
        &self,
        snapshot: &Snapshot,
        audience: &AudienceResult,
        format: ListFormat,
    ) -> Result<Vec<u8>, ListWriterError> {
        match format {
            ListFormat::Csv => Ok(export::list_csv(snapshot, audience)),
            ListFormat::Xlsx => {
                export::list_xlsx(snapshot, audience).map_err(|error| ListWriterError(format!("{error:#}")))
            }
        }
    }

    fn write_allocation(&self, allocation: &Allocation, format: ListFormat) -> Result<Vec<u8>, ListWriterError> {
        match format {
            ListFormat::Csv => Ok(export::allocation_csv(allocation)),
            ListFormat::Xlsx => {
                export::allocation_xlsx(allocation).map_err(|error| ListWriterError(format!("{error:#}")))
            }
        }
    }
}
