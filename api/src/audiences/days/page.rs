//! The page of a saved audience: its conditions and versions, its size by day, and who entered and who left.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Days};
use serde::Deserialize;

use super::compute::day_of;
use super::database::AudienceDays;
use super::list::{ListPage, changed_members};
use super::record::{AudienceDay, Change, KEPT_LISTS};
use super::routes::parse_day;
use super::view::{DaysView, ListView};
use crate::audiences::saved::{AudienceVersion, SavedAudience, SavedAudiences};
use crate::audiences::saved_page::conditions_of;
use crate::auth::caller::Caller;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::error::StoreError;
use crate::web::extract::{QueryParams, whole_number};
use crate::web::html::page;
use crate::web::ids::{Id, PathId};
use crate::web::layout::Layout;
use crate::web::numbers::{local_minute, minute_of};
use crate::web::url::url_with_query;

/// Days in the chart and the table.
const SHOWN_DAYS: u64 = KEPT_LISTS;
/// Members on one page of a list.
const MEMBERS: usize = 100;

#[derive(Template)]
#[template(path = "audiences/days/page.html")]
struct AudiencePage<'a> {
    layout: &'a Layout,
    name: String,
    edit_url: String,
    conditions: String,
    notes: Vec<String>,
    /// `None` before the first day.
    view: Option<DaysView>,
    list: Option<ListView>,
    versions: Vec<VersionRow>,
}

/// A version as a row of the table.
struct VersionRow {
    version: i64,
    note: String,
    by: String,
    at: String,
}

/// Whose list to show: the day, `change`, and the place after which the page begins.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// The day, such as 2026-11-22.
    #[param(value_type = Option<String>, format = Date)]
    day: Option<String>,
    /// `entered`, `left`, `entered_by_rule` or `left_by_rule`.
    #[param(value_type = Option<String>, pattern = "^(entered|left|entered_by_rule|left_by_rule)$")]
    change: Option<String>,
    /// Shows members after this place.
    #[param(value_type = Option<u32>, minimum = 0)]
    after: Option<String>,
}

/// A saved audience: its conditions, its versions, its size by day, and who entered and left on a chosen day.
#[utoipa::path(get, path = "/audiences/saved/{id}", tag = "pages", operation_id = "saved_audience",
    params(("id" = inline(Id), Path, description = "The audience's id"), ListQuery),
    responses((status = 200, description = "A page")))]
pub(crate) async fn audience(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    PathId(id): PathId,
    QueryParams(query): QueryParams<ListQuery>,
) -> Result<Response, Problem> {
    let (saved, within) = (SavedAudiences::new(&service.store), caller.union_id.as_deref());
    let audience = saved.get(&id, within).await?;
    let stored = AudienceDays::new(&service.store);
    let mut days = stored.days(&id, (None, None), SHOWN_DAYS as u32).await.map_err(StoreError::read_problem)?;
    if let Some(first) = days.last().and_then(|last| last.day.checked_sub_days(Days::new(SHOWN_DAYS - 1))) {
        days.retain(|day| day.day >= first);
    }
    let list = list_of(&service, &caller, &layout, &id, &query).await?;
    let mut notes = Vec::new();
    if let Some(union) = stored.union_of(&id).await.map_err(StoreError::read_problem)? {
        notes.push(layout.t.audience_days_within(union));
    }
    notes.extend(open_questions(&service, &audience, days.last(), &layout));
    let names = saved.names(within).await.map_err(StoreError::read_problem)?;
    let zone = service.live.zone();
    let today = zone.day(DateTime::from_timestamp(service.now(), 0).unwrap_or_default());
    let template = AudiencePage {
        conditions: conditions_of(&service, &caller, &audience.rule, &names, &layout),
        edit_url: url_with_query("/audiences", [("saved", id.as_str())]),
        notes,
        view: DaysView::new(&id, &days, today, zone, layout.t),
        list,
        versions: audience.versions.into_iter().map(|version| row(version, &service)).collect(),
        name: audience.name,
        layout: &layout,
    };
    Ok(page(StatusCode::OK, &layout, &template))
}

/// The list that the query asks for. `None` if it names no day.
async fn list_of(
    service: &Service,
    caller: &Caller,
    layout: &Layout,
    id: &str,
    query: &ListQuery,
) -> Result<Option<ListView>, Problem> {
    let Some(day) = query.day.as_deref().filter(|day| !day.is_empty()) else { return Ok(None) };
    let day = parse_day("day", day)?;
    let change = Change::required(query.change.as_deref())?;
    let after = whole_number("after", query.after.as_deref(), 0, 0..=u32::MAX)? as usize;
    match changed_members(service, caller, id, (day, change), ListPage { after, n: MEMBERS }).await {
        Ok(found) => Ok(Some(ListView::new(id, change, found, layout.t))),
        Err(problem) if problem.code == Code::UnknownDay => Ok(Some(ListView::gone(day, layout.t))),
        Err(problem) => Err(problem),
    }
}

/// What the figures do not contain yet: the published snapshot, or a later version of the rule.
fn open_questions(
    service: &Service,
    audience: &SavedAudience,
    last: Option<&AudienceDay>,
    layout: &Layout,
) -> Vec<String> {
    let published = service.live.get().map(|live| (day_of(&live.info).day, live.info.as_of));
    let missing = published.filter(|(day, _)| last.is_none_or(|last| last.day < *day));
    let newer = last.filter(|last| last.rule_version < audience.version && missing.is_none());
    let missing = missing.map(|(_, as_of)| {
        let as_of = local_minute(as_of, service.live.zone());
        layout.t.audience_days_not_counted(as_of)
    });
    missing.into_iter().chain(newer.map(|_| layout.t.audience_days_newer_version(audience.version))).collect()
}

fn row(version: AudienceVersion, service: &Service) -> VersionRow {
    VersionRow {
        version: version.version,
        note: version.note.unwrap_or_default(),
        by: version.author.strip_prefix("user ").unwrap_or(&version.author).to_owned(),
        at: minute_of(&version.at, service.live.zone()),
    }
}
