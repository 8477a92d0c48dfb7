//! Checks of a lake in an object store: conditional puts, who writes, and the published snapshot.

use chrono::SecondsFormat;
use zhihui_pipeline::lake::{Lake, LakeError, WriterStatus};
use zhihui_pipeline::publish::{Polled, SharedSnapshots};

use super::{Check, fail, ok, warn};
use crate::clock;
use crate::home::Home;
use crate::output;

const REMEDY: &str =
    "check lake.url, [lake.options] and the rights of its key in zhihui.toml, and that the store answers";

/// Returns the checks; none for a local lake.
pub(super) async fn checks(home: &Home) -> Vec<Check> {
    let Some(url) = &home.config.lake.url else { return Vec::new() };
    let lake = match home.lake().await {
        Ok(lake) => lake,
        Err(error) => return vec![cannot_open(&error)],
    };
    let honours = ok("lake_store", format!("{url} honours If-None-Match and If-Match on put"));
    let shared = shared_snapshot(home, &lake).await;
    [honours, writer(&lake).await].into_iter().chain(shared).collect()
}

/// Compares the snapshot of this home with the one that a machine published last.
async fn shared_snapshot(home: &Home, lake: &Lake) -> Option<Check> {
    let pointer = match SharedSnapshots::of(lake)?.poll(None).await {
        Ok(Polled::Changed(pointer, _)) => pointer,
        Ok(_) => return Some(ok("shared_snapshot", "no machine has published yet")),
        Err(error) => return Some(fail("shared_snapshot", error.to_string(), REMEDY)),
    };
    let (version, published_by) = (&pointer.manifest.version, &pointer.published_by);
    let here = home.published().current().ok().flatten();
    if here.as_ref() == Some(version) {
        return Some(ok("shared_snapshot", format!("this home has the published snapshot {version}")));
    }
    let here = here.unwrap_or_else(|| "none".to_owned());
    let message = format!("{published_by} published {version}, this home has {here}");
    Some(warn("shared_snapshot", message, "run `zhihui serve` here, which fetches it"))
}

fn cannot_open(error: &anyhow::Error) -> Check {
    let ignores = error.chain().any(|cause| matches!(cause.downcast_ref(), Some(LakeError::NoConditionalPut { .. })));
    let remedy = if ignores { "move the lake to a store with conditional puts" } else { REMEDY };
    fail("lake_store", output::format_error(error), remedy)
}

async fn writer(lake: &Lake) -> Check {
    let status = match lake.writer_status().await {
        Ok(status) => status,
        Err(error) => return fail("lake_writer", error.to_string(), REMEDY),
    };
    let Some(WriterStatus { holder, number, changed_at, term }) = status else {
        return ok("lake_writer", "nobody has written yet");
    };
    let at = changed_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let Some(holder) = holder else { return ok("lake_writer", format!("nobody writes; lease {number} ended {at}")) };
    let message = format!("{holder} writes with lease {number}, renewed {at}");
    let is_silent = (clock::now() - changed_at).to_std().is_ok_and(|age| age > 2 * term);
    if is_silent {
        let remedy = "if this process is not at work any more, do nothing: the next writer takes the lease over";
        return warn("lake_writer", message, remedy);
    }
    ok("lake_writer", message)
}
