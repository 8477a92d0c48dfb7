//! The item page: sign-up window, limits, reach, recent activity and similar items.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use zhihui_data::{ItemKind, Zone};
use zhihui_engine::insight::{ItemInsight, Phase, Reach};
use zhihui_engine::report::MinGroupSize;

use super::daily_activity::{DailyActivity, midnights};
use super::labels as items_labels;
use super::reach_cache::Visibility;
use super::row::{expected, people, until};
use crate::auth::caller::Caller;
use crate::live::queries::SimilarRequest;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::web::extract::path_param;
use crate::web::html::page;
use crate::web::labels;
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, local_minute};
use crate::web::url::{percent_encode, url_with_query};

/// Number of similar items.
const SIMILAR: usize = 8;

#[derive(Template)]
#[template(path = "items/item_page.html")]
struct ItemPage<'a> {
    layout: &'a Layout,
    item: &'a ItemInsight,
    sentence: String,
    kind: &'static str,
    phase: &'static str,
    facts: Vec<(&'static str, String)>,
    limits: Vec<String>,
    eligible: String,
    reachable: String,
    expected: String,
    rough: bool,
    open: bool,
    audience_url: String,
    /// Of an activity, for staff of all unions.
    allocation_url: Option<String>,
    similar: Vec<Similar>,
    chart: String,
    activity: DailyActivity,
    is_limited: bool,
}

struct Similar {
    url: String,
    title: String,
    kind: &'static str,
    reason: String,
}

/// The item page.
#[utoipa::path(get, path = "/items/{id}", tag = "pages", params(("id" = String, Path, description = "The item's id")),
    responses((status = 200, description = "A page"), (status = 404, description = "No such item")))]
pub(crate) async fn item(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id: String = path_param("id", path)?;
    let now = service.now();
    let language = layout.t.language();
    let shared = service.clone();
    let item_id = id.clone();
    let visibility = Visibility::new(&caller, service.settings.fewest_people);
    let (hides_few, is_limited) = (visibility.hides_few, visibility.union.is_some());
    let found = service
        .compute(move |live| {
            let item = live.engine.item_view(&item_id, now)?;
            let reach = shared.reach.reach(live, &[&item_id], &visibility, now).pop().unwrap_or_default();
            let request = SimilarRequest { item_id: &item_id, n: SIMILAR, kind: None, now, language };
            let similar = live.engine.similar(&request).map(|list| list.items).unwrap_or_default();
            // Counts by day for one union would reveal single members.
            let midnights = if is_limited { Vec::new() } else { midnights(live.info.as_of, live.info.zone) };
            let days = live.engine.item_days(&item_id, &midnights);
            Some((item, reach, similar, days, midnights, live.info.zone))
        })
        .await?;
    let Some((item, reach, similar, days, midnights, zone)) = found else {
        let detail = "the published snapshot has no such item; it may have been renamed, or is not published yet";
        return Err(Problem::new(Code::UnknownItem, detail));
    };
    let t = layout.t;
    let similar = similar.into_iter().map(|other| Similar {
        url: format!("/items/{}", percent_encode(&other.item_id)),
        title: other.title,
        kind: labels::kind(other.kind, t),
        reason: other.reasons.first().map(|reason| reason.text.clone()).unwrap_or_default(),
    });
    let activity = DailyActivity::new(&days, &midnights, hides_few, zone);
    let is_article = item.kind == ItemKind::Article;
    let chart = if activity.is_empty() { String::new() } else { activity.chart(is_article, t).json() };
    let template = ItemPage {
        sentence: sentence(&item, &reach, hides_few, now, zone, t),
        kind: labels::kind(item.kind, t),
        phase: items_labels::phase(item.phase, is_article, t),
        facts: facts(&item, now, zone, t),
        limits: limits(&item, t),
        eligible: people(reach.eligible, hides_few),
        reachable: people(reach.reachable, hides_few),
        expected: expected(reach.expected, hides_few),
        rough: !reach.calibrated,
        open: item.phase == Phase::Open,
        audience_url: url_with_query("/audiences", [("item_id", item.item_id.as_str())]),
        allocation_url: (!is_article && layout.is_staff() && layout.sees_all_unions)
            .then(|| format!("/items/{}/allocation", percent_encode(&item.item_id))),
        similar: similar.collect(),
        activity,
        chart,
        is_limited,
        item: &item,
        layout: &layout,
    };
    Ok(page(StatusCode::OK, &layout, &template))
}

fn sentence(
    item: &ItemInsight,
    reach: &Reach,
    hides_few: Option<MinGroupSize>,
    now: i64,
    zone: Zone,
    t: Locale,
) -> String {
    let (reachable, expected) = (people(reach.reachable, hides_few), expected(reach.expected, hides_few));
    match item.phase {
        Phase::NotOpenYet => {
            let at = item.opens_at.or(item.published_at).unwrap_or(now);
            t.items_opens(local_minute(at, zone), until(at, now, t))
        }
        Phase::Closed | Phase::Ended => t.items_sign_up_over().to_owned(),
        Phase::Full => t.items_all_seats_taken().to_owned(),
        Phase::Open if item.kind == ItemKind::Article => t.items_article_reach(expected, reachable),
        Phase::Open => match item.seats_left {
            Some(left) => t.items_reach_with_seats(expected, reachable, grouped(f64::from(left), 0)),
            None => t.items_reach_without_limit(expected, reachable),
        },
    }
}

fn facts(item: &ItemInsight, now: i64, zone: Zone, t: Locale) -> Vec<(&'static str, String)> {
    let minute = |at: Option<i64>| at.map(|at| format!("{} · {}", local_minute(at, zone), until(at, now, t)));
    let free = |price: f32| if price == 0.0 { t.items_free().to_owned() } else { format!("¥{price:.2}") };
    let seats = item.capacity.map(|capacity| {
        let left = item.seats_left.map(|left| grouped(f64::from(left), 0)).unwrap_or_default();
        format!("{left} / {}", grouped(f64::from(capacity), 0))
    });
    let all = [
        (t.items_published(), minute(item.published_at)),
        (t.items_sign_up_opens(), minute(item.opens_at)),
        (t.items_sign_up_closes(), minute(item.closes_at)),
        (t.items_begins(), minute(item.starts_at)),
        (t.items_ends(), minute(item.ends_at)),
        (t.items_seats_left(), seats),
        (t.items_price(), item.price.map(free)),
        (t.common_district(), item.district.clone()),
        (t.items_organiser(), item.union.clone()),
        (t.items_topics(), (!item.topics.is_empty()).then(|| item.topics.join(t.common_list_separator()))),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn limits(item: &ItemInsight, t: Locale) -> Vec<String> {
    let limits = &item.limits;
    let mut lines = Vec::new();
    match (limits.min_age, limits.max_age) {
        (Some(min), Some(max)) => lines.push(t.items_limit_ages(max, min)),
        (Some(min), None) => lines.push(t.items_limit_min_age(min)),
        (None, Some(max)) => lines.push(t.items_limit_max_age(max)),
        (None, None) => {}
    }
    if limits.gender != 0 {
        lines.push(t.items_limit_sex(labels::gender(limits.gender, t)));
    }
    let joined = |names: &[String]| names.join(t.common_list_separator());
    match limits.unions.as_deref() {
        Some([]) => lines.push(t.items_limit_unknown_unions().to_owned()),
        Some(unions) => lines.push(t.items_limit_unions(joined(unions))),
        None => {}
    }
    if let Some(districts) = &limits.districts {
        lines.push(t.items_limit_districts(joined(districts)));
    }
    if let Some(cap) = limits.per_union_cap {
        lines.push(t.items_limit_per_union(cap));
    }
    if let Some(cap) = limits.per_member_cap {
        lines.push(t.items_limit_per_member(cap));
    }
    lines
}
