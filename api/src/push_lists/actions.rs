//! What routes and pages do with push lists: create one, take a step, count responses, send the file.

use axum::http::HeaderValue;
use axum::response::Response;
use zhihui_engine::Language;
use zhihui_engine::audience::ExperimentArm;

use super::actor::Actor;
use super::batches::wechat_batches;
use super::database::PushLists;
use super::error::PushListError;
use super::export::{FileFormat, PreparedExport};
use super::freeze::NewPushList;
use super::overlap::RECENT_SECONDS;
use super::record::PushList;
use super::responses::count_responses;
use super::sending::database::Sendings;
use super::state::ListStep;
use crate::audiences::list_writer::{ListFormat, ListWriterError};
use crate::audiences::routes::check_query;
use crate::audiences::saved_routes::saved_rules;
use crate::exclusions::applied::exclusions_of;
use crate::live::audience_query::AudienceQuery;
use crate::live::push_queries::PushQueries;
use crate::live::query_error::QueryError;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::html::{XLSX, download};
use crate::web::locale::Locale;

/// The same operations for programs without HTTP, such as the command line.
impl Service {
    /// Freezes an audience of an item as a draft of the actor.
    ///
    /// # Errors
    /// A [`Problem`] if the audience is invalid or selects nobody.
    pub async fn create_push_list(
        &self,
        actor: &Actor,
        query: AudienceQuery,
        language: Language,
    ) -> Result<PushList, Problem> {
        create_list(self, actor, query, language).await
    }

    /// A list with its actual responses.
    ///
    /// # Errors
    /// A [`Problem`] for an unknown list.
    pub async fn push_list(&self, id: &str) -> Result<PushList, Problem> {
        with_outcome(self, PushLists::new(&self.store).get(id, None).await?, None).await
    }

    /// Submits, approves, rejects or closes a list as the actor.
    ///
    /// # Errors
    /// A [`Problem`] if the state of the list or the actor does not allow the step.
    pub async fn step_push_list(
        &self,
        actor: &Actor,
        id: &str,
        step: ListStep,
        reason: Option<&str>,
    ) -> Result<PushList, Problem> {
        take_step(self, actor, id, step, reason).await
    }

    /// Records the pushes of an approved list, once, and makes its file.
    ///
    /// # Errors
    /// A [`Problem`] if the list may not be sent or its pushes could not be stored.
    pub async fn export_push_list(&self, actor: &Actor, id: &str, format: FileFormat) -> Result<ExportedList, Problem> {
        export_list(self, actor, id, format).await
    }
}

/// Freezes an audience as a draft of the actor.
pub(crate) async fn create_list(
    service: &Service,
    actor: &Actor,
    mut query: AudienceQuery,
    language: Language,
) -> Result<PushList, Problem> {
    check_query(&query)?;
    let Some(item_id) = query.item_id.clone() else {
        let problem = Problem::invalid("item_id", "a push list is for one item; a topic has only a preview");
        return Err(problem.worded(Locale::both(|t| t.push_lists_only_for_an_item())));
    };
    query.within.clone_from(&actor.union_id);
    query.saved = saved_rules(service).await?;
    query.exclusions = exclusions_of(service, &query, false).await?;
    query.send_hours = true;
    let now = service.now();
    let frozen = service.compute_cancellable(move |live, cancel| {
        query.cancel = cancel.clone();
        let mut frozen = None;
        live.engine.audience(&query, now, language, &mut |snapshot, audience| {
            frozen = Some(NewPushList::freeze(&query, &item_id, snapshot, audience));
        })?;
        Ok::<_, QueryError>(frozen)
    });
    let not_selected = || Problem::new(Code::Internal, "the audience could not be selected");
    let frozen = frozen.await??.ok_or_else(not_selected)?;
    let entry = actor.entry(now, AuditAction::PushListCreated);
    Ok(PushLists::new(&service.store).create(&frozen, actor.union_id.as_deref(), &entry).await?)
}

/// Submits, approves, rejects or closes a list.
pub(crate) async fn take_step(
    service: &Service,
    actor: &Actor,
    id: &str,
    step: ListStep,
    reason: Option<&str>,
) -> Result<PushList, Problem> {
    let entry = actor.entry(service.now(), AuditAction::Approval);
    let lists = PushLists::new(&service.store);
    let list = lists.step(id, step, reason, actor.union_id.as_deref(), &entry).await?;
    with_outcome(service, list, actor.union_id.as_deref()).await
}

/// Adds what became of a list: before it is sent other lists with the same members, then how it is sent, and its actual
/// responses.
pub(crate) async fn with_outcome(
    service: &Service,
    mut list: PushList,
    within: Option<&str>,
) -> Result<PushList, Problem> {
    if list.sent_at.is_none() {
        let since = service.now() - RECENT_SECONDS;
        list.overlap = PushLists::new(&service.store).overlaps(&list.id, since, within).await?;
    }
    list.sending = Sendings::new(&service.store).get(&list.id).await.map_err(PushListError::from)?;
    let Some(sent_at) = list.sent_at_seconds.filter(|_| list.exported_at.is_some() && service.live.get().is_some())
    else {
        return Ok(list);
    };
    let members = PushLists::new(&service.store).all_members(&list.id).await?;
    let (item_id, now) = (list.item_id.clone(), service.now());
    let counted = service.compute(move |live| count_responses(live.engine.as_ref(), &item_id, sent_at, &members, now));
    list.actual_responses = Some(counted.await?);
    Ok(list)
}

/// Records the pushes of a list if that was not done before, and returns its file as a download.
pub(crate) async fn send_file(
    service: &Service,
    actor: &Actor,
    id: &str,
    format: FileFormat,
) -> Result<Response, Problem> {
    let exported = export_list(service, actor, id, format).await?;
    let name = format!("push-list-{id}.{}", format.extension());
    let mut response = download(exported.file, &name, format.media_type());
    let again = if exported.was_exported { "again" } else { "first" };
    response.headers_mut().insert("x-push-list-export", HeaderValue::from_static(again));
    Ok(response)
}

/// A file of a list whose pushes are recorded.
#[derive(Debug)]
pub struct ExportedList {
    /// The file.
    pub file: Vec<u8>,
    /// Members in the file.
    pub rows: usize,
    /// Whether the list was exported before.
    pub was_exported: bool,
}

/// Records the pushes of a list if that was not done before, and makes its file.
async fn export_list(service: &Service, actor: &Actor, id: &str, format: FileFormat) -> Result<ExportedList, Problem> {
    let lists = PushLists::new(&service.store);
    let live = service.live.current()?;
    let writer = service.events.get().ok_or_else(|| Problem::new(Code::NotStored, "this service stores no events"))?;
    if format.list_format().is_some() && service.ports.list_writer.is_none() {
        return Err(no_writer());
    }
    let sending = Sendings::new(&service.store).get(id).await.map_err(PushListError::from)?;
    if sending.is_some_and(|sending| sending.finished_at.is_none()) {
        return Err(PushListError::BeingSent.into());
    }
    let source = (live.engine.as_ref() as &dyn PushQueries, format);
    let prepared = lists.prepare_export(id, actor.union_id.as_deref(), source, service.now()).await?;
    // The file is made before the pushes are recorded, so that a list without a file has no pushes.
    let (file, rows) = make_file(service, &prepared, format).await?;
    writer.append_all(&prepared.facts()).await?;
    let entry = actor.entry(service.now(), AuditAction::Export);
    lists.finish_export(&prepared, format.as_str(), rows, &entry).await?;
    Ok(ExportedList { file, rows, was_exported: prepared.list.exported_at.is_some() })
}

/// The file of the arm `push` and its number of rows.
async fn make_file(
    service: &Service,
    prepared: &PreparedExport,
    format: FileFormat,
) -> Result<(Vec<u8>, usize), Problem> {
    let (list, members) = (prepared.list.clone(), prepared.members.clone());
    let writer = service.ports.list_writer.clone();
    let made = service.compute(move |live| {
        let mut made = Err(PushListError::NobodySelected.into());
        live.engine.frozen_audience(&list.preview, &members, &mut |snapshot, audience| {
            let pushed = audience.rows.iter().filter(|row| row.arm == ExperimentArm::Push);
            let rows = pushed.clone().count();
            let bytes = match format.list_format() {
                Some(format) => writer
                    .as_ref()
                    .ok_or_else(no_writer)
                    .and_then(|writer| writer.write(snapshot, audience, format).map_err(write_problem)),
                None => {
                    let openids = pushed.map(|row| row.openid.clone()).collect();
                    wechat_batches(&list.id, &list.members_sha256, openids)
                        .map_err(Problem::from)
                        .and_then(|batches| serde_json::to_vec_pretty(&batches).map_err(json_problem))
                }
            };
            made = bytes.map(|bytes| (bytes, rows));
        });
        made
    });
    made.await?
}

fn no_writer() -> Problem {
    let detail = "this service writes no files; run `zhihui push-list export` on the server";
    Problem::new(Code::NotFound, detail).worded(Locale::both(|t| t.error_no_files()))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn write_problem(error: ListWriterError) -> Problem {
    tracing::error!(%error, "a push list could not be written");
    Problem::new(Code::Internal, "the list could not be written; see the log of the service")
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn json_problem(error: serde_json::Error) -> Problem {
    tracing::error!(%error, "the batches of a push list could not be written");
    Problem::new(Code::Internal, "the list could not be written; see the log of the service")
}

impl FileFormat {
    fn list_format(self) -> Option<ListFormat> {
        match self {
            Self::Csv => Some(ListFormat::Csv),
            Self::Xlsx => Some(ListFormat::Xlsx),
            Self::Wechat => None,
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Wechat => "json",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => XLSX,
            Self::Wechat => "application/json",
        }
    }
}
