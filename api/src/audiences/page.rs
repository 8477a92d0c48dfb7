//! The page for choosing an audience: a form for any rule, a count beside every condition, a funnel, and the list as a file.
//!
//! The form is sent with GET and answered with a redirect to its URL, which contains the rule. A form that is too long for a
//! URL is sent with POST and kept as a draft. htmx sends the same requests and replaces parts of the page.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use utoipa::ToSchema;
use zhihui_engine::Ineligible;
use zhihui_engine::audience::Selection;

use super::builder::describe::Names;
use super::builder::edit::Edit;
use super::builder::finish::FinishedRule;
use super::builder::picker::{Picker, ShownSearch};
use super::builder::view::{NodeView, ViewContext, chosen};
use super::computed::{Computed, Question};
use super::drafts::FormPairs;
use super::form::{AudienceForm, FormRequest};
use super::form_request::{EditResult, MAX_URL, apply, load};
use super::preview_view::{PreviewView, RuleLabels};
use super::saved::SavedAudiences;
use super::saved_routes::saved_rules;
use super::seat_plan_view::SeatPlanView;
use super::variant_fields::VariantFieldsView;
use crate::auth::caller::Caller;
use crate::auth::page_form::PageForm;
use crate::exclusions::applied::{exclusions_of, policy, today};
use crate::exclusions::database::ExclusionLists;
use crate::exclusions::record::ExclusionList;
use crate::live::audience_query::AudienceQuery;
use crate::live::query_error::QueryError;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;
use crate::web::url::url_with_query;

#[derive(Template)]
#[template(path = "audiences/page.html")]
struct AudiencesPage<'a> {
    layout: &'a Layout,
    form: &'a AudienceForm,
    method: &'static str,
    item: Picker,
    topic: Picker,
    variants: VariantFieldsView,
    rule: NodeView,
    /// The rule as JSON, for people who know it.
    rule_json: String,
    /// The exclusion lists that can be chosen, and those that always apply.
    exclusions: Vec<ExclusionChoice>,
    /// What the home decided about members of other lists.
    one_list_setting: &'static str,
    /// Elements that a count while typing replaces.
    count_ids: String,
    /// The result in a few words, for screen readers.
    status: String,
    published: bool,
    view: Option<PreviewView>,
    /// How many to push to, if the item has seats.
    plan: Option<SeatPlanView>,
    /// The page with all unions in the tables of the plan.
    all_unions_url: String,
    /// Members who meet the rule. Counted until an item or a topic is chosen.
    matching: Option<String>,
    /// What is wrong with the form.
    error: Option<String>,
    is_unfinished: bool,
    files: Option<[String; 2]>,
    /// Where the rule can be saved.
    save_url: String,
    /// Name of the saved audience that was opened; empty for none.
    saved_name: String,
    /// The plan of several items with the same conditions.
    plan_url: String,
    /// Where the audience can be frozen.
    freeze_url: Option<String>,
}

/// An exclusion list in the form.
struct ExclusionChoice {
    id: String,
    name: String,
    /// Members whom it leaves out, or would leave out; empty without a preview.
    members: String,
    is_chosen: bool,
    always: bool,
}

/// The fields of the form that do not depend on its conditions.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document; the names of the others depend on the rule")]
pub(crate) struct EditForm {
    csrf: Option<String>,
    /// What the pressed button does.
    op: Option<String>,
    /// A rule as JSON.
    rule: Option<String>,
}

/// The page for choosing an audience.
///
/// `item_id` or `topic`, `rule` (JSON), `limit`, `hold_out` (percent), `selection` (`even` for an item with seats), `exclude` and
/// `one_list` (`yes` or `no`: whether members of other push lists are left out) describe the audience, `variant-0.name`,
/// `variant-0.title`, `variant-0.item_id` and `variant-0.share` (percent) to `variant-3.…` the variants of a list. Single
/// conditions can be parameters, too: `band`, `district` with `where`, `gender`, `lifecycle`, `segment`, `union`, `read` with
/// `read_times` and `read_days`, `prefer`. The form sends its fields and the button `op` instead of `rule`; the response
/// redirects to the URL
/// of the result.
#[utoipa::path(get, path = "/audiences", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn audiences(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let request = load(&service, &caller, FormRequest::from_uri(&uri)?).await?;
    respond(&service, &layout, &caller, &headers, request).await
}

/// The same form, sent with POST because it is too long for a URL, or a rule as JSON to open in it.
#[utoipa::path(post, path = "/audiences", tag = "pages", operation_id = "edit_audience",
    request_body(content = EditForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "To the page with this form")))]
pub(crate) async fn submit(
    State(service): State<Service>,
    layout: Layout,
    headers: HeaderMap,
    PageForm { caller, fields }: PageForm<FormPairs>,
) -> Result<Response, Problem> {
    let mut request = FormRequest::from_pairs(&fields);
    request.has_fields = true;
    respond(&service, &layout, &caller, &headers, request).await
}

async fn respond(
    service: &Service,
    layout: &Layout,
    caller: &Caller,
    headers: &HeaderMap,
    mut request: FormRequest,
) -> Result<Response, Problem> {
    let is_htmx = headers.contains_key("hx-request") && !headers.contains_key("hx-history-restore-request");
    let is_changed = matches!(&request.edit, Some(edit) if !matches!(edit, Edit::Find(_)));
    let is_sent = request.has_fields || is_changed;
    let result = apply(&mut request);
    let mut form = request.form;
    if is_sent {
        form.keep(service, caller).await?;
        if !is_htmx {
            return Ok(Redirect::to(&location(&form, &result)).into_response());
        }
    }
    let mut response = render(service, layout, caller, &form, result).await?;
    if is_htmx && is_sent {
        let name = if is_changed { "hx-push-url" } else { "hx-replace-url" };
        if let Ok(url) = HeaderValue::try_from(form.url("/audiences", None)) {
            response.headers_mut().insert(name, url);
        }
    }
    Ok(response)
}

/// The URL of a form after a button: with the search that it began, and at the condition that it changed.
fn location(form: &AudienceForm, result: &EditResult) -> String {
    let mut url = form.url("/audiences", None);
    if let Some((picker, text)) = &result.search {
        let field = format!("q.{picker}");
        let pairs = [("find", picker.as_str()), (field.as_str(), text.as_str())];
        url.push('&');
        url.push_str(url_with_query("", pairs).trim_start_matches('?'));
    }
    if let Some(key) = &result.focus {
        url.push_str(&format!("#{key}"));
    }
    url
}

async fn render(
    service: &Service,
    layout: &Layout,
    caller: &Caller,
    form: &AudienceForm,
    result: EditResult,
) -> Result<Response, Problem> {
    let t = layout.t;
    let (query, finished, invalid) = match form.query(t) {
        Ok((query, finished)) => (Some(query), finished, None),
        Err(error) => (None, form.rule.finish(), Some(error)),
    };
    let mut lists = ExclusionLists::new(&service.store).list(caller.union_id.as_deref(), today(service)).await?;
    lists.retain(|list| !list.ended);
    let query = match query {
        Some(query) => {
            let saved = saved_rules(service).await?;
            let mut query = AudienceQuery { within: caller.union_id.clone(), saved, send_hours: true, ..query };
            // The list of an old link may have been deleted. The page does not show it any more.
            query.exclude.retain(|id| lists.iter().any(|list| list.id == *id));
            query.exclusions = exclusions_of(service, &query, true).await?;
            Some(query)
        }
        None => None,
    };
    let published = service.live.get().is_some();
    let question = Question {
        query: query.filter(|query| form.has_target() || query.rule.is_some()),
        rule: form.rule.clone(),
        item_id: form.item_id.clone(),
        variant_items: form.variants.items(),
        within: caller.union_id.clone(),
        search: result.search.clone(),
        now: service.now(),
        language: t.language(),
    };
    let computed = match published {
        true => service.compute_cancellable(move |live, cancel| question.answer(live, cancel)).await?,
        false => Computed::default(),
    };
    if let Some(error @ QueryError::Cancelled(_)) = computed.error {
        return Err(error.into());
    }
    if computed.preview.as_ref().is_some_and(|preview| !preview.sample.is_empty()) {
        let target = serde_json::json!({ "item_id": form.item_id, "topic": form.topic, "purpose": purpose(form) });
        caller.record(service, AuditAction::Preview, None, target).await?;
    }
    let audiences = SavedAudiences::new(&service.store).names(caller.union_id.as_deref()).await;
    let names = Names { form: computed.names.clone(), audiences: audiences.map_err(StoreError::read_problem)? };
    let has_files = service.ports.list_writer.is_some();
    let template = template(layout, form, (&finished, invalid), (&computed, &names), (&result, published, has_files));
    let exclusions = exclusion_choices(&lists, form, &computed);
    let counted = exclusions.iter().map(|list| format!(",#exclude_{}", list.id));
    let count_ids = counted.fold(template.count_ids, |ids, id| ids + &id);
    let one_list_setting = match policy(service).one_list_at_a_time {
        true => t.audiences_one_list_setting_yes(),
        false => t.audiences_one_list_setting_no(),
    };
    let template = AudiencesPage { exclusions, one_list_setting, count_ids, ..template };
    Ok(page(StatusCode::OK, layout, &template))
}

fn purpose(form: &AudienceForm) -> Option<&str> {
    Some(form.purpose.as_str()).filter(|purpose| !purpose.is_empty())
}

fn template<'a>(
    layout: &'a Layout,
    form: &'a AudienceForm,
    (finished, invalid): (&FinishedRule, Option<String>),
    (computed, names): (&Computed, &Names),
    (result, published, has_files): (&EditResult, bool, bool),
) -> AudiencesPage<'a> {
    let t = layout.t;
    let error = invalid.or_else(|| computed.error.as_ref().map(|error| error.text(t)));
    let is_unfinished = !finished.unfinished.is_empty();
    let labels = RuleLabels::new(&form.rule, finished, names, t);
    let view = computed.preview.as_ref().map(|preview| PreviewView::new(preview, &labels, names, t));
    let matching = computed.counts.get("").filter(|_| view.is_none()).map(|count| grouped(count.left as f64, 0));
    let chosen = Selection::parse(&form.selection).unwrap_or_default();
    // The demand for a full activity may earn another session.
    let is_full = computed.preview.iter().any(|preview| preview.excluded.contains_key(Ineligible::Full.code()));
    let is_unavailable = view.as_ref().is_some_and(|view| view.unavailable.is_some());
    let seat_plan = computed.seat_plan.as_ref().filter(|_| is_full || !is_unavailable);
    let plan = seat_plan.map(|plan| SeatPlanView::new(plan, chosen, result.all_unions, t));
    let can_list = view.as_ref().is_some_and(|view| !view.nobody) && !is_unfinished;
    let method = method(form);
    let context = ViewContext {
        t,
        tree: &form.rule,
        choices: &computed.choices,
        names,
        finished,
        counts: &computed.counts,
        search: computed.search.as_ref(),
        focus: result.focus.as_ref(),
        moved: result.moved,
        method,
    };
    let ids = ViewContext::count_ids(&form.rule).into_iter().map(|id| format!("#{id}"));
    AudiencesPage {
        method,
        item: target_picker(
            ("item_id", t.audiences_item()),
            form.item_id.as_deref(),
            names,
            computed.search.as_ref(),
            t,
        ),
        topic: target_picker(
            ("topic", t.audiences_or_a_topic()),
            form.topic.as_deref(),
            names,
            computed.search.as_ref(),
            t,
        ),
        variants: form.variants.views(names, computed.search.as_ref(), t),
        rule: context.view(),
        exclusions: Vec::new(),
        one_list_setting: "",
        rule_json: form.unread_rule.clone().unwrap_or_else(|| pretty(form)),
        count_ids: std::iter::once("#status:innerHTML".to_owned()).chain(ids).collect::<Vec<_>>().join(","),
        status: status(view.as_ref(), matching.as_deref(), error.as_deref(), t),
        published,
        matching,
        error,
        is_unfinished,
        files: (can_list && has_files).then(|| ["csv", "xlsx"].map(|format| form.url("/audiences/file", Some(format)))),
        freeze_url: can_list.then(|| form.url("/push-lists", None)),
        save_url: form.url("/audiences/saved", None),
        plan_url: form.url("/audiences/band-plan", None),
        saved_name: form.saved.as_ref().and_then(|id| names.audiences.get(id)).cloned().unwrap_or_default(),
        all_unions_url: with_all_unions(&form.url("/audiences", None)),
        view,
        plan,
        form,
        layout,
    }
}

fn exclusion_choices(lists: &[ExclusionList], form: &AudienceForm, computed: &Computed) -> Vec<ExclusionChoice> {
    let counts = computed.preview.iter().flat_map(|preview| &preview.exclusions);
    let members = |id: &str| counts.clone().find(|count| count.id == id).map(|count| grouped(count.members as f64, 0));
    let choice = |list: &ExclusionList| ExclusionChoice {
        id: list.id.clone(),
        name: list.name.clone(),
        members: members(&list.id).unwrap_or_default(),
        is_chosen: list.always || form.exclude.contains(&list.id),
        always: list.always,
    };
    lists.iter().map(choice).collect()
}

fn with_all_unions(url: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}unions=all")
}

/// `post` for a form whose fields are too long for a URL.
fn method(form: &AudienceForm) -> &'static str {
    let others = form.pairs().into_iter().filter(|(name, _)| name != "rule");
    let fields: FormPairs = form.rule.fields().into_iter().chain(others).collect();
    let pairs = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let is_long = url_with_query("/audiences", pairs).len() > MAX_URL;
    if form.draft.is_some() || is_long { "post" } else { "get" }
}

fn pretty(form: &AudienceForm) -> String {
    if form.rule.children().is_empty() && form.rule == super::builder::node::Node::everybody() {
        return String::new();
    }
    serde_json::to_string_pretty(&form.rule.to_json()).unwrap_or_default()
}

fn target_picker(
    (name, label): (&str, &'static str),
    value: Option<&str>,
    names: &Names,
    search: Option<&ShownSearch>,
    t: Locale,
) -> Picker {
    let value = value.unwrap_or_default();
    let title = if name == "item_id" { names.item(value) } else { value };
    Picker::new((name.to_owned(), label), chosen(value, title), search, t)
}

fn status(view: Option<&PreviewView>, matching: Option<&str>, error: Option<&str>, t: Locale) -> String {
    match (error, view, matching) {
        (Some(error), ..) => error.to_owned(),
        (None, Some(view), _) => view.sentence.clone(),
        (None, None, Some(matching)) => t.audiences_matching(matching),
        (None, None, None) => String::new(),
    }
}
