//! Previews files of the inbox for the pages, and keeps the mappings that people choose for them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use serde_json::Value;
use zhihui_api::{FileMapper, JobError, MappedFile, MappingChoice};
use zhihui_data::Table;
use zhihui_pipeline::ingest::{self, FilePreview, SeenTable, Suggestion};

use crate::commands::source::preview_with;
use crate::home::Home;
use crate::{clock, kept_mappings, steps};

/// The inbox of one home. The settings are read for each request, because people change them while the service runs.
#[derive(Debug)]
pub(crate) struct InboxMapper(pub(crate) Arc<Home>);

impl InboxMapper {
    /// Returns the path of a file directly in the inbox.
    fn path(&self, file: &str) -> Result<PathBuf, JobError> {
        let path = self.0.inbox().join(file);
        let is_name = Path::new(file).file_name().is_some_and(|name| name == file) && !file.starts_with('.');
        let is_file = is_name && path.symlink_metadata().is_ok_and(|found| found.is_file());
        if is_file { Ok(path) } else { Err(JobError::NotFound("the inbox has no such file".into())) }
    }
}

fn failed(error: impl std::fmt::Display) -> JobError {
    JobError::Failed(format!("{error:#}"))
}

/// Suggests a mapping, or completes a chosen one. Runs on a thread that may block.
async fn suggestion(
    home: &Home,
    path: &Path,
    choice: Option<MappingChoice>,
) -> anyhow::Result<Result<Suggestion, String>> {
    let request = steps::preview_request(home, &[], None, "")?;
    let (path, zone) = (path.to_owned(), home.zone());
    let work = move || {
        let decoding = (&request.decoder, &request.limits);
        match choice {
            Some(choice) if choice.columns.is_empty() => ingest::suggest(&path, Some(choice.table), zone, decoding)
                .or_else(|_| ingest::complete_mapping(&path, choice.table, &[], zone, decoding)),
            Some(choice) => ingest::complete_mapping(&path, choice.table, &choice.columns, zone, decoding),
            None => ingest::suggest(&path, None, zone, decoding),
        }
    };
    tokio::task::spawn_blocking(work).await.context("a worker failed")
}

async fn preview(home: &Home, path: &Path, choice: Option<MappingChoice>) -> anyhow::Result<MappedFile> {
    if choice.is_none() {
        let request = steps::preview_request(home, &[path.to_owned()], None, &steps::run_id(clock::now()))?;
        let found = ingest::preview(None, request).await?.into_iter().next().context("the file is gone")?;
        if found.status == "readable" {
            return Ok(MappedFile { is_mapped: true, ..mapped(&found) });
        }
    }
    let suggestion = match suggestion(home, path, choice).await? {
        Ok(suggestion) => suggestion,
        Err(why) => {
            let why = why.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&why).to_owned();
            return Ok(MappedFile { error: Some(why), ..MappedFile::default() });
        }
    };
    let found = preview_with(home, path, &suggestion.toml).await;
    let shown = match &found {
        Ok(found) => mapped(found),
        Err(error) => MappedFile { error: Some(format!("{error:#}")), ..MappedFile::default() },
    };
    Ok(MappedFile {
        table: Some(suggestion.table),
        columns: suggestion.columns,
        section: Some(suggestion.toml),
        ..shown
    })
}

fn mapped(found: &FilePreview) -> MappedFile {
    let table: Option<&SeenTable> = found.tables.iter().find(|table| table.is_read).or_else(|| found.tables.first());
    let columns = table.into_iter().flat_map(|table| &table.columns).filter(|seen| !seen.header.is_empty());
    let mut sample_columns: Vec<String> = Vec::new();
    for name in found.sample.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
        if !sample_columns.contains(name) {
            sample_columns.push(name.clone());
        }
    }
    let cell = |row: &Value, name: &String| match &row[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    };
    MappedFile {
        table: found.table.as_deref().and_then(Table::named),
        is_readable: found.status == "readable",
        is_mapped: false,
        error: found.error.clone(),
        layout: (
            found.encoding.map(str::to_owned),
            table.and_then(|table| table.separator.clone()),
            table.and_then(|table| table.header_row),
        ),
        columns: columns.map(|seen| (seen.header.clone(), seen.columns.first().map(|&name| name.to_owned()))).collect(),
        rows: found.rows,
        rejected: found.rejected,
        reasons: found.reject_reasons.iter().map(|(reason, count)| (reason.clone(), *count)).collect(),
        sample: found.sample.iter().map(|row| sample_columns.iter().map(|name| cell(row, name)).collect()).collect(),
        sample_columns,
        section: None,
    }
}

#[async_trait]
impl FileMapper for InboxMapper {
    async fn preview(&self, file: &str, choice: Option<MappingChoice>) -> Result<MappedFile, JobError> {
        let path = self.path(file)?;
        let home = Home::open_read_only(&self.0.folder).map_err(failed)?;
        preview(&home, &path, choice).await.map_err(failed)
    }

    async fn keep(&self, file: &str, choice: MappingChoice, by: &str) -> Result<(), JobError> {
        let path = self.path(file)?;
        let _lock = self.0.mappings_lock().map_err(|error| JobError::Busy(error.to_string()))?;
        let home = Home::open_read_only(&self.0.folder).map_err(failed)?;
        let found = preview(&home, &path, Some(choice)).await.map_err(failed)?;
        let Some(section) = found.section.filter(|_| found.is_readable) else {
            return Err(JobError::Invalid(found.error.unwrap_or_else(|| "the file could not be read with it".into())));
        };
        let remark = format!("kept by {by} on {} for {file}", home.zone().day(clock::now()));
        kept_mappings::keep(&home.folder, &home.config, &section, &remark)
            .map_err(|error| JobError::Invalid(error.to_string()))
    }
}
