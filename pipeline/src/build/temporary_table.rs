//! Tables that exist during a build only, as files of its spill folder.

use std::fs::File;
use std::path::Path;

use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tempfile::TempPath;
use url::Url;

use super::BuildError;
use super::execution::{Streams, execute};
use crate::sql::SpillFolder;

/// Rows of a row group, of which the writer keeps one in memory.
const GROUP_ROWS: usize = 128 << 10;

/// Runs a query and registers its rows under the names. They exist as long as the returned file.
pub(super) async fn register(
    session: &SessionContext,
    folder: &SpillFolder,
    frame: DataFrame,
    names: &[&str],
) -> Result<TempPath, BuildError> {
    let name = names.first().copied().unwrap_or_default();
    let path = folder.new_file(name).map_err(|source| BuildError::Spill { source })?;
    execute(frame, name, Streams::One, async |streams| {
        for stream in streams {
            write(stream, &path).await.map_err(BuildError::query(name))?;
        }
        Ok(())
    })
    .await?;
    // A path would be read as a pattern if it contained an asterisk or a bracket.
    let url = std::path::absolute(&path).ok().and_then(|path| Url::from_file_path(path).ok());
    let url = url.map(|url| url.to_string()).unwrap_or_default();
    for name in names {
        let options = ParquetReadOptions::default();
        session.register_parquet(*name, &url, options).await.map_err(BuildError::query(name))?;
    }
    Ok(path)
}

/// Replaces the file by the rows.
async fn write(mut rows: SendableRecordBatchStream, path: &Path) -> Result<(), DataFusionError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path)?, rows.schema(), Some(properties))?;
    while let Some(batch) = rows.try_next().await? {
        writer.write(&batch)?;
    }
    writer.close()?;
    Ok(())
}
