//! Writes rejected rows and values set to unknown once for each file and table, before the accepted rows. If a run ends between
//! both, only the accepted rows are missing and written by the next run.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;

use super::super::IngestError;
use super::super::decode::{Decoded, StagedFile};
use super::super::stage::{Queue, Stage};
use super::{FileRows, Run, info, is_done};
use crate::lake::{CommitMode, Lake, LakeError, TableSpec, raw};

pub(super) async fn commit(
    lake: &Lake,
    run: &Run<'_>,
    files: &[(&mut Decoded, StagedFile)],
) -> Result<(), IngestError> {
    write(lake, run, files, raw::rejects_spec(), |stage| &stage.rejects.rows).await?;
    write(lake, run, files, raw::nulled_spec(), |stage| &stage.nulled.rows).await
}

async fn write(
    lake: &Lake,
    run: &Run<'_>,
    files: &[(&mut Decoded, StagedFile)],
    spec: TableSpec,
    rows_of: impl Fn(&Stage) -> &Queue,
) -> Result<(), IngestError> {
    let with_rejects = |(_, staged): &&(&mut Decoded, StagedFile)| !rows_of(&staged.decoded_rows.stage).is_empty();
    if !files.iter().any(|file| with_rejects(&file)) {
        return Ok(());
    }
    let mut table = lake.create(&spec).await?;
    let mut writer = table.writer();
    let mut transactions = Vec::new();
    for (file, staged) in files.iter().filter(with_rejects) {
        if is_done(&table, &staged.transaction) {
            continue;
        }
        transactions.push(staged.transaction.clone());
        let sha256 = file.report.sha256.as_deref().unwrap_or_default();
        for batch in (FileRows { sha256, rows: rows_of(&staged.decoded_rows.stage) }).batches() {
            let batch = batch?;
            let rows = batch.num_rows();
            let same = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; rows])) };
            let at = vec![run.as_of.timestamp_micros(); rows];
            let added: [(&str, ArrayRef); 5] = [
                ("file", same(&file.report.path)),
                ("sha256", same(sha256)),
                ("table", same(staged.table.name())),
                ("run_id", same(run.id)),
                ("rejected_at", Arc::new(TimestampMicrosecondArray::from(at).with_timezone("UTC"))),
            ];
            let mut fields: Vec<Field> = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
            let mut columns = batch.columns().to_vec();
            for (name, column) in added {
                fields.push(Field::new(name, column.data_type().clone(), true));
                columns.push(column);
            }
            let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
                .map_err(|error| LakeError::Rows { table: table.name().to_owned(), detail: error.to_string() })?;
            writer.write(&batch).await?;
        }
    }
    if !transactions.is_empty() {
        let written = writer.finish().await?;
        table.commit(written, CommitMode::Append, transactions, info(run)).await?;
    }
    Ok(())
}
