//! The page for planning several items for one slot: a form, and a table of groups and items.
//!
//! The form is sent with GET. Its URL has the items, the grouping, and the rule and the hold-out of the audience page.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use zhihui_engine::audience::{BandPlan, GroupBy, MAX_PLAN_ITEMS, MIN_PLAN_ITEMS};

use super::builder::describe::Names;
use super::builder::edit::Edit;
use super::builder::node::Node;
use super::builder::picker::{Chosen, MAX_RESULTS, Picker, ShownSearch};
use super::computed::named_in;
use super::drafts::FormPairs;
use super::form::{AudienceForm, FormRequest};
use super::form_request::load;
use super::plan_routes::plan;
use super::plan_view::PlanView;
use super::saved::SavedAudiences;
use crate::auth::caller::Caller;
use crate::exclusions::applied::today;
use crate::exclusions::database::ExclusionLists;
use crate::live::audience_query::AudienceQuery;
use crate::live::plan_queries::BandPlanQuery;
use crate::live::queries::{NameSearch, SearchKind};
use crate::live::query_error::QueryError;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::error::StoreError;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::url::url_with_query;

const PATH: &str = "/audiences/band-plan";

#[derive(Template)]
#[template(path = "audiences/plan_page.html")]
struct PlanPage<'a> {
    layout: &'a Layout,
    published: bool,
    items: Picker,
    /// The grouping: value, label, and whether it is chosen.
    groupings: [(&'static str, &'static str, bool); 2],
    hold_out: &'a str,
    /// The fields of the audience that the form keeps.
    kept: FormPairs,
    /// The conditions in words.
    conditions: String,
    /// The audience page with the same conditions.
    audience_url: String,
    view: Option<PlanView>,
    error: Option<String>,
}

/// The fields of a request besides those of the audience.
struct PlanForm {
    item_ids: Vec<String>,
    by: GroupBy,
    audience: AudienceForm,
    search: Option<String>,
}

/// The page for planning several items for one slot.
///
/// `item_id` (repeated) names the items, `by` is `age_band` or `segment`; `rule`, `saved`, `exclude`, `one_list` and `hold_out`
/// are those of `/audiences`.
#[utoipa::path(get, path = "/audiences/band-plan", tag = "pages", operation_id = "band_plan_page",
    responses((status = 200, description = "A page")))]
pub(crate) async fn band_plan(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    let pairs = Query::<FormPairs>::try_from_uri(&uri)
        .map_err(|_| Problem::invalid("query", "not name=value pairs in UTF-8"))?
        .0;
    let request = load(&service, &caller, FormRequest::from_pairs(&pairs)).await?;
    let edit = request.edit.clone();
    let search = match &edit {
        Some(Edit::Find(picker)) => request.searches.iter().find(|(name, _)| name == picker),
        _ => None,
    };
    let search = search.map(|(_, text)| text.clone());
    let mut form = PlanForm { item_ids: item_ids(&pairs), by: grouping(&pairs), audience: request.form, search };
    match edit {
        Some(Edit::Pick(_, id)) if !form.item_ids.contains(&id) => form.item_ids.push(id),
        Some(Edit::Drop(_, id)) => form.item_ids.retain(|known| *known != id),
        Some(Edit::Pick(..)) => {}
        _ => return show(&service, &layout, &caller, &form).await,
    }
    Ok(Redirect::to(&form.url()).into_response())
}

fn item_ids(pairs: &FormPairs) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for (_, id) in pairs.iter().filter(|(name, value)| name == "item_id" && !value.trim().is_empty()) {
        if !ids.contains(id) {
            ids.push(id.trim().to_owned());
        }
    }
    ids
}

fn grouping(pairs: &FormPairs) -> GroupBy {
    let by = pairs.iter().find(|(name, _)| name == "by").and_then(|(_, value)| GroupBy::parse(value));
    by.unwrap_or(GroupBy::AgeBand)
}

impl PlanForm {
    /// The fields of the audience without items: the rule or where it is stored, the exclusions and the purpose.
    fn kept(&self) -> FormPairs {
        match &self.audience.draft {
            Some(draft) => vec![("draft".to_owned(), draft.clone())],
            None => {
                let is_kept = |name: &str| ["rule", "saved", "purpose", "exclude", "one_list"].contains(&name);
                self.audience.pairs().into_iter().filter(|(name, _)| is_kept(name)).collect()
            }
        }
    }

    fn url(&self) -> String {
        let kept = self.kept();
        let items = self.item_ids.iter().map(|id| ("item_id", id.as_str()));
        let others = [("by", self.by.as_str()), ("hold_out", self.audience.hold_out.as_str())];
        let kept = kept.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        url_with_query(PATH, items.chain(others).chain(kept))
    }
}

async fn show(service: &Service, layout: &Layout, caller: &Caller, form: &PlanForm) -> Result<Response, Problem> {
    let t = layout.t;
    let published = service.live.get().is_some();
    let is_enough = (MIN_PLAN_ITEMS..=MAX_PLAN_ITEMS).contains(&form.item_ids.len());
    let (mut error, mut made) = (None, None);
    match form.audience.complete_query(t) {
        Ok(audience) if published && is_enough => {
            let mut audience = AudienceQuery { within: caller.union_id.clone(), ..audience };
            // The list of an old link may have been deleted.
            let known = ExclusionLists::new(&service.store).list(caller.union_id.as_deref(), today(service)).await?;
            audience.exclude.retain(|id| known.iter().any(|list| list.id == *id && !list.ended));
            let query =
                BandPlanQuery { item_ids: form.item_ids.clone(), by: form.by, audience, exclusions: Vec::new() };
            match plan(service, caller, query).await? {
                Ok(plan) => made = Some(plan),
                Err(cancelled @ QueryError::Cancelled(_)) => return Err(cancelled.into()),
                Err(invalid) => error = Some(invalid.text(t)),
            }
        }
        Ok(_) => {}
        Err(invalid) => error = Some(invalid.text(t).to_owned()),
    }
    let (items, unions) = named_in(&form.audience.rule);
    let items: Vec<&str> = items.into_iter().chain(form.item_ids.iter().map(String::as_str)).collect();
    let names = service.live.get().map(|live| live.engine.names(&items, &unions, caller.union_id.as_deref()));
    let audiences = SavedAudiences::new(&service.store).names(caller.union_id.as_deref()).await;
    let names = Names { form: names.unwrap_or_default(), audiences: audiences.map_err(StoreError::read_problem)? };
    let found = form.search.as_ref().zip(service.live.get()).map(|(text, live)| {
        let (kind, within, n) = (SearchKind::Offered, caller.union_id.clone(), MAX_RESULTS + 1);
        let found = live.engine.search(&NameSearch { kind, text: text.clone(), within, n, now: service.now() });
        ShownSearch { name: "item_id".to_owned(), text: text.clone(), found }
    });
    let template = template(layout, form, (published, made.as_ref()), (&names, found.as_ref()), error);
    Ok(page(StatusCode::OK, layout, &template))
}

fn template<'a>(
    layout: &'a Layout,
    form: &'a PlanForm,
    (published, plan): (bool, Option<&BandPlan>),
    (names, search): (&Names, Option<&ShownSearch>),
    error: Option<String>,
) -> PlanPage<'a> {
    let t = layout.t;
    let chosen = |id: &String| Chosen { value: id.clone(), label: names.item(id).to_owned() };
    let chosen = form.item_ids.iter().map(chosen).collect();
    let mut items = Picker::new(("item_id".to_owned(), t.plans_items()), chosen, search, t);
    items.takes_more = form.item_ids.len() < MAX_PLAN_ITEMS;
    let rule = &form.audience.rule;
    PlanPage {
        published,
        items,
        groupings: [
            (GroupBy::AgeBand.as_str(), t.common_age_band(), form.by == GroupBy::AgeBand),
            (GroupBy::Segment.as_str(), t.common_interest_segment(), form.by == GroupBy::Segment),
        ],
        hold_out: &form.audience.hold_out,
        kept: form.kept(),
        conditions: if *rule == Node::everybody() {
            t.audiences_saved_everybody().to_owned()
        } else {
            rule.describe(names, t)
        },
        audience_url: form.audience.url("/audiences", None),
        view: plan.map(|plan| PlanView::new(plan, &form.audience, t)),
        error,
        layout,
    }
}
