//! What routes and pages do with push lists: create one, take a step, count responses, send the file.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::HeaderValue;
use axum::response::Response;
use zhihui_engine::Language;
use zhihui_engine::audience::{AudienceRow, ExperimentArm, Recheck, Variant};

use super::actor::Actor;
use super::batches::{variant_batches, wechat_batches};
use super::database::{PushLists, new_list_id};
use super::error::PushListError;
use super::export::{FileFormat, PreparedExport};
use super::freeze::NewPushList;
use super::overlap::RECENT_SECONDS;
use super::record::PushList;
use super::responses::count_responses;
use super::send_plan::SendPlan;
use super::sending::database::Sendings;
use super::sent_item::SentItem;
use super::state::ListStep;
use super::variants::ListVariant;
use crate::audiences::list_writer::{ListFormat, ListWriterError};
use crate::audiences::routes::check_query;
use crate::audiences::saved_routes::saved_rules;
use crate::events::writer::PreparedEvents;
use crate::exclusions::applied::{exclusions_of, policy};
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
    /// Freezes an audience as a draft of the actor.
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

    /// Records the pushes of an approved list, once, and makes its file. A list of a topic needs the item that is sent.
    ///
    /// # Errors
    /// A [`Problem`] if the list may not be sent or its pushes could not be stored.
    pub async fn export_push_list(
        &self,
        actor: &Actor,
        id: &str,
        (format, item_id): (FileFormat, Option<&str>),
    ) -> Result<ExportedList, Problem> {
        export_list(self, actor, id, (format, item_id)).await
    }

    /// The item that a list is sent for. A list of a topic needs the one that is chosen.
    ///
    /// # Errors
    /// A [`Problem`] for an unknown list, or if the item is missing or does not have the topic.
    pub async fn sent_item(&self, id: &str, item_id: Option<&str>) -> Result<SentItem, Problem> {
        let list = PushLists::new(&self.store).get(id, None).await?;
        let live = self.live.current()?;
        Ok(SentItem::of(&list, item_id, live.engine.as_ref(), self.now())?)
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
    query.within.clone_from(&actor.union_id);
    query.saved = saved_rules(service).await?;
    query.one_list_at_a_time.get_or_insert(policy(service).one_list_at_a_time);
    query.exclusions = exclusions_of(service, &query, false).await?;
    query.send_hours = true;
    query.list = new_list_id();
    let now = service.now();
    let frozen = service.compute_cancellable(move |live, cancel| {
        query.cancel = cancel.clone();
        let mut frozen = None;
        live.engine.audience(&query, now, language, &mut |snapshot, audience| {
            frozen = Some(NewPushList::freeze(&query, snapshot, audience));
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
    let Some(item_id) = list.item_id.clone() else { return Ok(list) };
    let members = PushLists::new(&service.store).all_members(&list.id).await?;
    let (variants, now) = (list.variants.clone(), service.now());
    let expected = list.expected_responses["value"].as_f64();
    let counted = service.compute(move |live| {
        count_responses(live.engine.as_ref(), (&item_id, &variants), (sent_at, expected), &members, now)
    });
    list.actual_responses = Some(counted.await?);
    Ok(list)
}

/// Records the pushes of a list if that was not done before, and returns its file as a download.
pub(crate) async fn send_file(
    service: &Service,
    actor: &Actor,
    id: &str,
    (format, item_id): (FileFormat, Option<&str>),
) -> Result<Response, Problem> {
    let exported = export_list(service, actor, id, (format, item_id)).await?;
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
async fn export_list(
    service: &Service,
    actor: &Actor,
    id: &str,
    (format, item_id): (FileFormat, Option<&str>),
) -> Result<ExportedList, Problem> {
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
    let within = actor.union_id.as_deref();
    let list = lists.get_alone(id, within).await?;
    let plan = SendPlan::of(service, &list, item_id).await?;
    let source = (live.engine.as_ref() as &dyn PushQueries, format);
    let prepared = Arc::new(lists.prepare_export(id, within, source, &plan, service.now()).await?);
    // The file is made before the pushes are recorded, so that a list without a file has no pushes.
    let again = list.sent_at.is_some().then_some(plan.query);
    let file = make_file(service, &prepared, again, format);
    let (file, facts) = tokio::join!(file, PreparedEvents::new(prepared.facts()));
    let (file, rows) = file?;
    writer.append_all(facts?).await?;
    let entry = actor.entry(service.now(), AuditAction::Export);
    lists.finish_export(&prepared, format.as_str(), rows, &entry).await?;
    Ok(ExportedList { file, rows, was_exported: prepared.list.exported_at.is_some() })
}

/// The file of the arm `push` and its number of rows. `again` is the query for members of a list whose pushes were fixed earlier:
/// whoever it excludes by now is not in the file.
async fn make_file(
    service: &Service,
    prepared: &Arc<PreparedExport>,
    again: Option<AudienceQuery>,
    format: FileFormat,
) -> Result<(Vec<u8>, usize), Problem> {
    let (prepared, now) = (Arc::clone(prepared), service.now());
    let writer = service.ports.list_writer.clone();
    let made = service.compute(move |live| {
        let mut made = Err(Problem::new(Code::Internal, "the members could not be read"));
        let PreparedExport { list, members } = prepared.as_ref();
        let mut left = Cow::Borrowed(members);
        if let Some(query) = again {
            let ids: Vec<&str> = members.iter().map(|member| member.member_id.as_str()).collect();
            let mut gone = live.engine.recheck(&query, now, &ids, Recheck::AfterPush)?.into_iter();
            left.to_mut().retain(|_| gone.next().flatten().is_none());
        }
        let variants: Vec<Variant> = list.variants.iter().map(ListVariant::for_engine).collect();
        live.engine.frozen_audience((&list.preview, &variants), &left, &mut |snapshot, audience| {
            let pushed = audience.rows.iter().filter(|row| row.arm == ExperimentArm::Push);
            let rows = pushed.clone().count();
            let bytes = match format.list_format() {
                Some(format) => writer
                    .as_ref()
                    .ok_or_else(no_writer)
                    .and_then(|writer| writer.write(snapshot, audience, format).map_err(write_problem)),
                None => bodies(list, &pushed.collect::<Vec<_>>()),
            };
            made = bytes.map(|bytes| (bytes, rows));
        });
        made
    });
    made.await?
}

/// The bodies of WeChat's requests, for each variant if the list has any.
fn bodies(list: &PushList, pushed: &[&AudienceRow]) -> Result<Vec<u8>, Problem> {
    let openids = |variant: Option<usize>| {
        pushed.iter().filter(|row| row.variant == variant).map(|row| row.openid.clone()).collect::<Vec<_>>()
    };
    let batches = if list.variants.is_empty() {
        wechat_batches(&list.id, &list.members_sha256, openids(None))?
    } else {
        let variants = list.variants.iter().enumerate().map(|(place, variant)| (variant, openids(Some(place))));
        variant_batches(&list.id, &list.members_sha256, variants)?
    };
    serde_json::to_vec_pretty(&batches).map_err(json_problem)
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
