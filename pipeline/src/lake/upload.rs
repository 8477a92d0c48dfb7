//! Writes a large file in parts. It becomes visible, durably, when it is complete.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::FutureExt;
use object_store::{Error, MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::durable::{Naming, Writes};

/// An upload to a staging file. Dropping it before completion deletes the file.
#[derive(Debug)]
pub(super) struct DurableUpload {
    writes: Arc<Writes>,
    file: Arc<Mutex<File>>,
    staged: Option<PathBuf>,
    to: PathBuf,
    offset: u64,
}

impl DurableUpload {
    pub(super) fn new(writes: Arc<Writes>, file: File, staged: PathBuf, to: PathBuf) -> Self {
        Self { writes, file: Arc::new(Mutex::new(file)), staged: Some(staged), to, offset: 0 }
    }
}

impl Drop for DurableUpload {
    fn drop(&mut self) {
        if let Some(staged) = self.staged.take() {
            let _ = std::fs::remove_file(staged);
        }
    }
}

fn failed(source: std::io::Error) -> Error {
    Error::Generic { store: "DurableStore", source: Box::new(source) }
}

#[async_trait]
impl MultipartUpload for DurableUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let offset = self.offset;
        self.offset += data.content_length() as u64;
        let file = Arc::clone(&self.file);
        async move {
            let work = move || {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(offset))?;
                data.iter().try_for_each(|part| file.write_all(part))
            };
            tokio::task::spawn_blocking(work).await.map_err(|source| Error::JoinError { source })?.map_err(failed)
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let staged = self.staged.take().ok_or_else(|| failed(std::io::Error::other("the upload has ended")))?;
        let (writes, file, to) = (Arc::clone(&self.writes), Arc::clone(&self.file), self.to.clone());
        let work = move || {
            let file = file.lock().unwrap_or_else(PoisonError::into_inner);
            writes.publish(&file, &staged, &to, Naming::Replace)
        };
        tokio::task::spawn_blocking(work).await.map_err(|source| Error::JoinError { source })??;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn abort(&mut self) -> Result<()> {
        match self.staged.take() {
            Some(staged) => std::fs::remove_file(staged).map_err(failed),
            None => Ok(()),
        }
    }
}
