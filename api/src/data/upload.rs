//! Files into the inbox: streamed to the disk, whole or not at all, never over another file and never out of the folder.

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

use super::no_workshop;
use crate::access::Asker;
use crate::pages::csrf;
use crate::pages::frame::Frame;
use crate::pages::tongue::Tongue;
use crate::problem::{Code, Problem};
use crate::service::Service;
use crate::store::Deed;

/// Longest name kept, in characters; file systems take 255 bytes.
const LONGEST_NAME: usize = 80;
/// Names tried before giving up: `reads.csv`, `reads-2.csv`, …
const NAMES: usize = 1_000;
const ENDINGS: [&str; 6] = ["csv", "tsv", "jsonl", "parquet", "xlsx", "xls"];
const PACKED: [&str; 2] = ["gz", "zst"];
/// Ending of a file that is still being received.
const PART: &str = ".part";

/// What the form sends, the token first.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "described to readers of the document; the form is read as a stream")]
pub(crate) struct UploadForm {
    /// The token of the page.
    #[schema(required = false)]
    csrf: String,
    /// Any number of files.
    #[schema(format = Binary)]
    file: String,
}

/// Takes files into the inbox. The token comes first, then any number of files.
#[utoipa::path(post, path = "/data/files", tag = "pages",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The names under which they were taken"), (status = 303, description = "Back to the page"),
        (status = 413, description = "Too large"), (status = 507, description = "No room on the disk")))]
pub(crate) async fn upload(
    State(service): State<Service>,
    frame: Frame,
    asker: Asker,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let mut form =
        form.map_err(|_| Problem::new(Code::UnsupportedMediaType, "send the files as multipart/form-data"))?;
    let inbox = service.workshop().and_then(|workshop| workshop.inbox()).ok_or_else(no_workshop)?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    service.free_space().check_room(announced.unwrap_or(0)).map_err(no_room)?;
    let mut genuine = asker.is_key;
    let mut taken = Vec::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some(csrf::FIELD) => {
                csrf::check(&asker, &headers, &field.text().await.map_err(broken)?)?;
                genuine = true;
            }
            Some("file") if !genuine => return Err(csrf::refusal()),
            Some("file") if field.file_name().is_some_and(|name| !name.is_empty()) => {
                let file = take(&service, &inbox, field, frame.l).await?;
                let detail = json!({ "name": file.name, "bytes": file.bytes, "sha256": file.sha256 });
                if let Err(problem) = asker.note(&service, Deed::Upload, None, detail).await {
                    // What cannot be recorded is not done.
                    drop(Part(inbox.join(&file.name)));
                    return Err(problem);
                }
                taken.push(file);
            }
            _ => {}
        }
    }
    if taken.is_empty() {
        return Err(Problem::new(Code::InvalidBody, "there was no file in the form; choose one and send it again"));
    }
    let wants_json = headers.get(header::ACCEPT).is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if wants_json {
        let files: Vec<_> = taken.iter().map(|file| json!({ "name": file.name, "bytes": file.bytes })).collect();
        return Ok((StatusCode::OK, Json(json!({ "files": files }))).into_response());
    }
    Ok(Redirect::to("/data?done=sent").into_response())
}

/// A file as it was taken.
struct Taken {
    name: String,
    bytes: u64,
    sha256: String,
}

/// The unfinished part of an upload, removed with the request that writes it, whether it ends, fails or is aborted.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the unfinished part of an upload stays in the inbox");
            }
            _ => {}
        }
    }
}

/// Removes the parts of uploads that a process left behind when it was killed.
pub(crate) fn remove_parts(inbox: &Path) {
    let Ok(entries) = std::fs::read_dir(inbox) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_prefix('.').and_then(|name| name.strip_suffix(PART));
        if id.is_some_and(|id| uuid::Uuid::try_parse(id).is_ok()) {
            drop(Part(entry.path()));
        }
    }
}

/// Streams one file into the inbox.
async fn take(service: &Service, inbox: &Path, field: Field<'_>, l: Tongue) -> Result<Taken, Problem> {
    let name = safe_name(field.file_name().unwrap_or_default(), l)?;
    // A name with a dot before it is passed over by ingest until the whole file is there.
    let waiting = Part(inbox.join(format!(".{}{PART}", uuid::Uuid::new_v4())));
    let (bytes, sha256) = write(service, &waiting.0, field).await?;
    let name = settle(inbox, &waiting.0, &name).await.map_err(|error| disk(&error))?;
    tracing::info!(file = %name, bytes, "taken into the inbox");
    Ok(Taken { name, bytes, sha256 })
}

async fn write(service: &Service, path: &Path, mut field: Field<'_>) -> Result<(u64, String), Problem> {
    let settings = service.settings();
    // Exclusive: neither an old file nor a link of this name is followed.
    // Opened here and not on another thread, which would make the file even after the request was aborted.
    let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| disk(&error))?;
    let mut file = File::from_std(file);
    let (mut bytes, mut hash) = (0_u64, Sha256::new());
    loop {
        let next = tokio::time::timeout(settings.server.body_read_timeout, field.chunk()).await;
        let chunk: Option<Bytes> = match next {
            Ok(chunk) => chunk.map_err(broken)?,
            Err(_) => return Err(Problem::new(Code::SlowRequest, "the file took too long to arrive; send it again")),
        };
        let Some(chunk) = chunk else { break };
        bytes += chunk.len() as u64;
        if bytes > settings.limits.upload_bytes {
            let most = settings.limits.upload_bytes;
            return Err(Problem::new(Code::BodyTooLarge, format!("a file may have at most {most} bytes; split it")));
        }
        service.free_space().check_room(chunk.len() as u64).map_err(no_room)?;
        hash.update(&chunk);
        file.write_all(&chunk).await.map_err(|error| disk(&error))?;
    }
    file.flush().await.map_err(|error| disk(&error))?;
    file.sync_all().await.map_err(|error| disk(&error))?;
    Ok((bytes, hex::encode(hash.finalize())))
}

/// Gives the whole file its name, or the next free one; nothing that is there is replaced.
async fn settle(inbox: &Path, waiting: &Path, name: &str) -> std::io::Result<String> {
    let (stem, endings) = name.split_once('.').unwrap_or((name, ""));
    for at in 1..=NAMES {
        let name = if at == 1 { name.to_owned() } else { format!("{stem}-{at}.{endings}") };
        let target: PathBuf = inbox.join(&name);
        match tokio::fs::hard_link(waiting, &target).await {
            Ok(()) => {
                // The new name lasts only once the folder is on the disk.
                File::open(inbox).await?.sync_all().await?;
                return Ok(name);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::other("every name is taken"))
}

/// The name of a file in the inbox: no path, no dot at its begin, nothing but letters, digits and `-_.`, a known ending.
fn safe_name(sent: &str, l: Tongue) -> Result<String, Problem> {
    let base = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = base.chars().map(|letter| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '_' });
    let name: String = kept.collect();
    let name = name.trim_start_matches(['.', '-', '_']).to_owned();
    let mut endings = name.rsplit('.').map(str::to_ascii_lowercase);
    let last = endings.next().unwrap_or_default();
    let ending = if PACKED.contains(&last.as_str()) { endings.next().unwrap_or_default() } else { last };
    let known = ENDINGS.contains(&ending.as_str()) && name.contains('.');
    if !known {
        let detail = l.say(
            "文件名要以 .csv、.tsv、.jsonl、.parquet、.xlsx 或 .xls 结尾;文本文件可再加 .gz 或 .zst。",
            "the file must end in .csv, .tsv, .jsonl, .parquet, .xlsx or .xls, text also in .gz or .zst",
        );
        return Err(Problem::new(Code::InvalidBody, detail));
    }
    let length = name.chars().count();
    if length <= LONGEST_NAME {
        return Ok(name);
    }
    let (stem, endings) = name.split_once('.').unwrap_or((&name, ""));
    let room = LONGEST_NAME.saturating_sub(endings.chars().count() + 1);
    if room == 0 {
        return Err(Problem::new(
            Code::InvalidBody,
            l.say("文件名太长,请改短。", "the name of the file is too long; shorten it"),
        ));
    }
    Ok(format!("{}.{endings}", stem.chars().take(room).collect::<String>()))
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err, which hands it over")]
fn broken(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(Code::BodyTooLarge, "the files are too large together; send them one by one");
    }
    Problem::new(Code::InvalidBody, "the upload broke off; send it again")
}

fn no_room(what: String) -> Problem {
    Problem::new(Code::DiskFull, what).retry_after(60)
}

fn disk(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "an upload could not be written");
    Problem::new(Code::Internal, "the file could not be written; check the disk and the rights on the inbox folder")
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;

    use super::*;

    #[test]
    fn a_name_leads_nowhere_else_and_has_a_known_ending() {
        let safe_name = |sent: &str| safe_name(sent, Tongue(Language::Zh));
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
        assert!(long.len() == LONGEST_NAME && long.ends_with(".csv.gz"));
    }
}
