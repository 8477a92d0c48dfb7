//! Uploads into the inbox. A file is streamed to disk and appears only when it is complete; it never replaces another file
//! and never leaves the folder.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::multipart::{Field, Multipart, MultipartError, MultipartRejection};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use utoipa::ToSchema;
use zhihui_data::{AccountInterface, Table};

use super::jobs::JobError;
use super::partial_file::PartialFile;
use crate::auth::caller::Caller;
use crate::auth::csrf;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::accept::wants_json;
use crate::web::locale::Locale;

/// Maximum length of a file name in characters. File systems allow 255 bytes.
const MAX_NAME: usize = 80;
/// Maximum number of names tried: `reads.csv`, `reads-2.csv`, …
const MAX_TRIES: usize = 1_000;
const EXTENSIONS: [&str; 6] = ["csv", "tsv", "jsonl", "parquet", "xlsx", "xls"];
const COMPRESSED: [&str; 2] = ["gz", "zst"];

/// The upload form. The token must come first.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the schema; the form is read as a stream")]
pub(crate) struct UploadForm {
    /// CSRF token of the page.
    #[schema(required = false)]
    csrf: String,
    /// Any number of files.
    #[schema(format = Binary)]
    file: String,
}

/// Uploads files into the inbox. The token must come first, followed by any number of files.
#[utoipa::path(post, path = "/data/files", tag = "pages",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The names of the stored files"), (status = 303, description = "Back to the page"),
        (status = 413, description = "Too large"), (status = 507, description = "The disk is full")))]
pub(crate) async fn upload(
    State(service): State<Service>,
    caller: Caller,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let mut form =
        form.map_err(|_| Problem::new(Code::UnsupportedMediaType, "send the files as multipart/form-data"))?;
    let inbox = service.ports.data_jobs.as_ref().and_then(|jobs| jobs.inbox()).ok_or_else(JobError::no_pipeline)?;
    let content_length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    service.free_space.check_room(content_length.unwrap_or(0)).map_err(disk_full)?;
    let mut is_genuine = caller.is_key;
    let mut stored = Vec::new();
    while let Some(field) = form.next_field().await.map_err(multipart_problem)? {
        match field.name() {
            Some(csrf::FIELD) => {
                csrf::check(&caller, &headers, &field.text().await.map_err(multipart_problem)?)?;
                is_genuine = true;
            }
            Some("file") if !is_genuine => return Err(csrf::refusal()),
            Some("file") if field.file_name().is_some_and(|name| !name.is_empty()) => {
                let file = store(&service, &inbox, field).await?;
                let detail = json!({ "name": file.name, "bytes": file.bytes, "sha256": file.sha256 });
                if let Err(problem) = caller.record(&service, AuditAction::Upload, None, detail).await {
                    // If the audit entry cannot be stored, the upload fails.
                    drop(PartialFile(inbox.join(&file.name)));
                    return Err(problem);
                }
                stored.push(file);
            }
            _ => {}
        }
    }
    if stored.is_empty() {
        let detail = "the form contains no file; choose one and send it again";
        return Err(Problem::new(Code::InvalidBody, detail).worded(Locale::both(|t| t.data_no_file())));
    }
    if wants_json(&headers) {
        let files: Vec<_> = stored.iter().map(|file| json!({ "name": file.name, "bytes": file.bytes })).collect();
        return Ok((StatusCode::OK, Json(json!({ "files": files }))).into_response());
    }
    Ok(Redirect::to("/data?done=sent").into_response())
}

/// A stored file.
struct StoredFile {
    name: String,
    bytes: u64,
    sha256: String,
}

/// Streams one file into the inbox.
async fn store(service: &Service, inbox: &Path, field: Field<'_>) -> Result<StoredFile, Problem> {
    let name = safe_name(field.file_name().unwrap_or_default())?;
    let partial = PartialFile::new_in(inbox);
    let (bytes, sha256) = write(service, &partial.0, field).await?;
    let name = rename(inbox, &partial.0, &name).await.map_err(|error| io_problem(&error))?;
    tracing::info!(file = %name, bytes, "uploaded into the inbox");
    Ok(StoredFile { name, bytes, sha256 })
}

async fn write(service: &Service, path: &Path, mut field: Field<'_>) -> Result<(u64, String), Problem> {
    let settings = &service.settings;
    // `create_new` neither overwrites a file nor follows a link. The file is created on this thread, because a blocking
    // thread would create it even after the request was aborted.
    let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| io_problem(&error))?;
    let mut file = File::from_std(file);
    let (mut bytes, mut hash) = (0_u64, Sha256::new());
    loop {
        let next = tokio::time::timeout(settings.server.body_read_timeout, field.chunk()).await;
        let chunk: Option<Bytes> = match next {
            Ok(chunk) => chunk.map_err(multipart_problem)?,
            Err(_) => return Err(Problem::new(Code::SlowRequest, "the file took too long to arrive; send it again")),
        };
        let Some(chunk) = chunk else { break };
        bytes += chunk.len() as u64;
        if bytes > settings.limits.upload_bytes {
            let max = settings.limits.upload_bytes;
            return Err(Problem::new(Code::BodyTooLarge, format!("a file may have at most {max} bytes; split it")));
        }
        service.free_space.check_room(chunk.len() as u64).map_err(disk_full)?;
        hash.update(&chunk);
        file.write_all(&chunk).await.map_err(|error| io_problem(&error))?;
    }
    file.flush().await.map_err(|error| io_problem(&error))?;
    file.sync_all().await.map_err(|error| io_problem(&error))?;
    Ok((bytes, hex::encode(hash.finalize())))
}

/// Gives a complete file its name, or the next free one. Existing files are never replaced.
async fn rename(inbox: &Path, partial: &Path, name: &str) -> std::io::Result<String> {
    let (stem, extensions) = name.split_once('.').unwrap_or((name, ""));
    for at in 1..=MAX_TRIES {
        let name = if at == 1 { name.to_owned() } else { format!("{stem}-{at}.{extensions}") };
        let target: PathBuf = inbox.join(&name);
        match tokio::fs::hard_link(partial, &target).await {
            Ok(()) => {
                // Syncs the folder, so that the new name survives a power loss.
                File::open(inbox).await?.sync_all().await?;
                return Ok(name);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::other("all candidate names are taken"))
}

/// A safe name in the inbox: without folders or leading dots, only letters, digits and `-_.`, with a known extension.
fn safe_name(sent: &str) -> Result<String, Problem> {
    let base = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = base.chars().map(|letter| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '_' });
    let name: String = kept.collect();
    let name = name.trim_start_matches(['.', '-', '_']).to_owned();
    let mut extensions = name.rsplit('.').map(str::to_ascii_lowercase);
    let last = extensions.next().unwrap_or_default();
    let extension = if COMPRESSED.contains(&last.as_str()) { extensions.next().unwrap_or_default() } else { last };
    // Other JSON is read by no table, and would stay in the inbox.
    let is_reply = extension == "json"
        && (AccountInterface::of_file_name(&name).is_some()
            || Table::of_file_name(&name) == Some(Table::AccountStatistics));
    let known = (EXTENSIONS.contains(&extension.as_str()) || is_reply) && name.contains('.');
    if !known {
        let wording = Locale::both(|t| t.data_bad_file_name());
        return Err(Problem::new(Code::InvalidBody, wording.en.clone()).worded(wording));
    }
    let length = name.chars().count();
    if length <= MAX_NAME {
        return Ok(name);
    }
    let (stem, extensions) = name.split_once('.').unwrap_or((&name, ""));
    let room = MAX_NAME.saturating_sub(extensions.chars().count() + 1);
    if room == 0 {
        let wording = Locale::both(|t| t.data_file_name_too_long());
        return Err(Problem::new(Code::InvalidBody, wording.en.clone()).worded(wording));
    }
    Ok(format!("{}.{extensions}", stem.chars().take(room).collect::<String>()))
}

#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn multipart_problem(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(Code::BodyTooLarge, "the files together are too large; send them one by one");
    }
    Problem::new(Code::InvalidBody, "the upload ended early; send it again")
}

fn disk_full(what: String) -> Problem {
    Problem::new(Code::DiskFull, what).retry_after(60)
}

fn io_problem(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "an upload could not be written");
    Problem::new(
        Code::Internal,
        "the file could not be written; check the disk and the permissions of the inbox folder",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder_and_have_a_known_extension() {
        let name = |sent: &str| safe_name(sent).ok();
        assert_eq!(name("reads-2026-11-21.csv.gz").as_deref(), Some("reads-2026-11-21.csv.gz"));
        assert_eq!(name("../../etc/members.csv").as_deref(), Some("members.csv"));
        assert_eq!(name("C:\\用户\\会员 名册.XLSX").as_deref(), Some("会员_名册.XLSX"));
        assert_eq!(name("..hidden.csv").as_deref(), Some("hidden.csv"));
        assert_eq!(name("a\0b\n.csv").as_deref(), Some("a_b_.csv"));
        for refused in ["", "..", "zhihui.toml", "csv", "reads.gz", "reads.csv.exe", "/"] {
            assert_eq!(name(refused), None, "{refused}");
        }
        let long = name(&format!("{}.csv.gz", "x".repeat(300))).expect("shortened");
        assert!(long.len() == MAX_NAME && long.ends_with(".csv.gz"));
    }
}
