//! The item list: open items with seats left, sign-up window, reach and expected sign-ups.

use std::cmp::Ordering;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use zhihui_data::ItemKind;
use zhihui_engine::insight::{ItemInsight, Phase, Reach};

use super::reach_cache::Visibility;
use super::row::{ItemRow, closes};
use crate::auth::caller::Caller;
use crate::live::slot::LiveSnapshot;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::web::extract::QueryParams;
use crate::web::html::page;
use crate::web::labels;
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;
use crate::web::url::url_with_query;

/// Articles of the last days are listed.
const ARTICLE_DAYS: i64 = 30;
/// Maximum number of articles, latest first.
const MAX_ARTICLES: usize = 40;
/// Maximum number of other items.
const MAX_ITEMS: usize = 300;

/// Filters and order of the list.
#[derive(Debug, Default, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ItemsQuery {
    /// `open` (default), `soon` or `articles`.
    pub(crate) show: Option<String>,
    /// Only items of this kind.
    pub(crate) kind: Option<String>,
    /// Only items with this topic.
    pub(crate) topic: Option<String>,
    /// Only items whose title or id contains this.
    pub(crate) q: Option<String>,
    /// `closes`, `seats`, `reach`, `expected` or `title`.
    pub(crate) sort: Option<String>,
    /// `desc` for descending order.
    pub(crate) dir: Option<String>,
}

/// The tabs of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Open,
    Soon,
    Articles,
}

#[derive(Template)]
#[template(path = "items/page.html")]
struct ItemsPage<'a> {
    layout: &'a Layout,
    query: &'a ItemsQuery,
    sentence: String,
    tabs: Vec<TabLink>,
    kinds: Vec<(&'static str, &'static str)>,
    topics: Vec<String>,
    heads: Vec<ColumnHead>,
    rows: Vec<ItemRow>,
    articles: bool,
    narrowed: bool,
    extrapolated: bool,
    published: bool,
}

struct TabLink {
    label: &'static str,
    url: String,
    count: usize,
    is_current: bool,
}

struct ColumnHead {
    label: &'static str,
    url: String,
    /// `ascending`, `descending`, or empty if the list is not sorted by this column.
    sorted: &'static str,
    numeric: bool,
}

/// The item list.
#[utoipa::path(get, path = "/items", tag = "pages", params(ItemsQuery), responses((status = 200, description = "A page")))]
pub(crate) async fn items(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    QueryParams(query): QueryParams<ItemsQuery>,
) -> Result<Response, Problem> {
    let now = service.now();
    let filter = query.clone();
    let shared = service.clone();
    let visibility = Visibility::new(&caller, service.settings.fewest_people);
    let hides_few = visibility.hides_few;
    let list = match service.live.get() {
        Some(_) => Some(service.compute(move |live| ItemList::new(live, &shared, &filter, &visibility, now)).await?),
        None => None,
    };
    let published = list.is_some();
    let mut list = list.unwrap_or_default();
    list.sort(&query);
    let tab = tab_of(&query);
    let zone = service.live.zone();
    let rows =
        list.rows.iter().map(|(item, reach)| ItemRow::new(item, reach, hides_few, now, zone, layout.t)).collect();
    let template = ItemsPage {
        sentence: list.sentence(layout.t),
        tabs: tabs(layout.t, &query, tab, list.counts),
        kinds: if tab == Tab::Articles { Vec::new() } else { kinds(layout.t) },
        topics: list.topics,
        heads: heads(layout.t, &query, tab),
        rows,
        articles: tab == Tab::Articles,
        narrowed: [&query.kind, &query.topic, &query.q].iter().any(|one| given(one).is_some()),
        extrapolated: list.extrapolated,
        published,
        layout: &layout,
        query: &query,
    };
    Ok(page(StatusCode::OK, &layout, &template))
}

/// A parameter that is not blank.
pub(crate) fn given(parameter: &Option<String>) -> Option<&str> {
    parameter.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn tab_of(query: &ItemsQuery) -> Tab {
    match query.show.as_deref() {
        Some("soon") => Tab::Soon,
        Some("articles") => Tab::Articles,
        _ => Tab::Open,
    }
}

/// The items of one tab with their reach.
#[derive(Default)]
struct ItemList {
    rows: Vec<(ItemInsight, Reach)>,
    counts: [usize; 3],
    topics: Vec<String>,
    full: usize,
    closing: usize,
    extrapolated: bool,
}

impl ItemList {
    fn new(live: &LiveSnapshot, service: &Service, query: &ItemsQuery, visibility: &Visibility, now: i64) -> Self {
        let mut all = live.engine.item_list(now - ARTICLE_DAYS * 86_400, now);
        let tab_of_item = |item: &ItemInsight| match item.phase {
            Phase::Open | Phase::Full if item.kind == ItemKind::Article => Some(Tab::Articles),
            Phase::Open | Phase::Full => Some(Tab::Open),
            Phase::NotOpenYet if item.kind != ItemKind::Article => Some(Tab::Soon),
            _ => None,
        };
        let count = |tab| all.iter().filter(|item| tab_of_item(item) == Some(tab)).count();
        let counts = [count(Tab::Open), count(Tab::Soon), count(Tab::Articles)];
        let open: Vec<&ItemInsight> = all.iter().filter(|item| tab_of_item(item) == Some(Tab::Open)).collect();
        let full = open.iter().filter(|item| item.phase == Phase::Full).count();
        let is_closing = |item: &ItemInsight| closes(item).is_some_and(|at| at < now + 3 * 86_400);
        let closing = open.iter().filter(|item| item.phase == Phase::Open && is_closing(item)).count();
        let mut topics: Vec<String> = all.iter().flat_map(|item| item.topics.iter().cloned()).collect();
        topics.sort();
        topics.dedup();
        let tab = tab_of(query);
        let needle = given(&query.q).map(str::to_lowercase);
        all.retain(|item| {
            tab_of_item(item) == Some(tab)
                && given(&query.kind).is_none_or(|kind| tab == Tab::Articles || item.kind.as_str() == kind)
                && given(&query.topic).is_none_or(|topic| item.topics.iter().any(|own| own == topic))
                && needle.as_deref().is_none_or(|needle| {
                    item.title.to_lowercase().contains(needle) || item.item_id.to_lowercase().contains(needle)
                })
        });
        if tab == Tab::Articles {
            all.sort_by_key(|item| std::cmp::Reverse(item.published_at));
            all.truncate(MAX_ARTICLES);
        }
        all.truncate(MAX_ITEMS);
        let ids: Vec<&str> = all.iter().map(|item| item.item_id.as_str()).collect();
        let reach = service.reach.reach(live, &ids, visibility, now);
        let extrapolated = reach.iter().any(|reach| reach.extrapolated);
        Self { rows: all.into_iter().zip(reach).collect(), counts, topics, full, closing, extrapolated }
    }

    fn sort(&mut self, query: &ItemsQuery) {
        type Row = (ItemInsight, Reach);
        // Items without an end or a limit come last.
        let last = |value: Option<i64>| value.unwrap_or(i64::MAX);
        let time = |item: &ItemInsight| match item.kind {
            ItemKind::Article => item.published_at.map_or(i64::MAX, |at| -at),
            _ if item.phase == Phase::NotOpenYet => last(item.opens_at),
            _ => last(closes(item)),
        };
        let order = |left: &Row, right: &Row| -> Ordering {
            match query.sort.as_deref() {
                Some("seats") => last(left.0.seats_left.map(i64::from)).cmp(&last(right.0.seats_left.map(i64::from))),
                Some("reach") => left.1.reachable.cmp(&right.1.reachable),
                Some("expected") => left.1.expected.total_cmp(&right.1.expected),
                Some("title") => left.0.title.cmp(&right.0.title),
                _ => time(&left.0).cmp(&time(&right.0)),
            }
        };
        self.rows.sort_by(|left, right| {
            let by = order(left, right);
            let by = if query.dir.as_deref() == Some("desc") { by.reverse() } else { by };
            by.then_with(|| left.0.item_id.cmp(&right.0.item_id))
        });
    }

    fn sentence(&self, t: Locale) -> String {
        let [open, soon, articles] = self.counts.map(|count| grouped(count as f64, 0));
        let (full, closing) = (grouped(self.full as f64, 0), grouped(self.closing as f64, 0));
        t.items_summary(articles, closing, ARTICLE_DAYS, full, open, soon)
    }
}

fn kinds(t: Locale) -> Vec<(&'static str, &'static str)> {
    let others = ItemKind::ALL.iter().filter(|&&kind| kind != ItemKind::Article);
    others.map(|&kind| (kind.as_str(), labels::kind(kind, t))).collect()
}

fn tabs(t: Locale, query: &ItemsQuery, current: Tab, counts: [usize; 3]) -> Vec<TabLink> {
    let parts = [
        (Tab::Open, "open", t.items_tab_open()),
        (Tab::Soon, "soon", t.items_tab_soon()),
        (Tab::Articles, "articles", t.items_tab_articles()),
    ];
    let tab = |((tab, name, label), count): ((Tab, &str, &'static str), usize)| {
        let next = ItemsQuery { show: Some(name.to_owned()), kind: None, sort: None, dir: None, ..query.clone() };
        TabLink { label, url: url(&next), count, is_current: tab == current }
    };
    parts.into_iter().zip(counts).map(tab).collect()
}

fn heads(t: Locale, query: &ItemsQuery, tab: Tab) -> Vec<ColumnHead> {
    let time = match tab {
        Tab::Open => t.items_closes(),
        Tab::Soon => t.items_opens_column(),
        Tab::Articles => t.items_published(),
    };
    let expected = if tab == Tab::Articles { t.items_expected_reads() } else { t.items_expected_sign_ups() };
    let mut columns = vec![("title", t.items_title(), false), ("closes", time, false)];
    if tab != Tab::Articles {
        columns.push(("seats", t.items_seats_left(), true));
    }
    columns.push(("reach", t.items_reachable(), true));
    columns.push(("expected", expected, true));
    let current = query.sort.as_deref().unwrap_or("closes");
    let descending = query.dir.as_deref() == Some("desc");
    let head = |(name, label, numeric): (&str, &'static str, bool)| {
        let is_current = current == name;
        // Counts start in descending order, names and times in ascending order.
        let wants_desc = if is_current { !descending } else { matches!(name, "reach" | "expected") };
        let next =
            ItemsQuery { sort: Some(name.to_owned()), dir: wants_desc.then(|| "desc".to_owned()), ..query.clone() };
        let sorted = match (is_current, descending) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        ColumnHead { label, url: url(&next), sorted, numeric }
    };
    columns.into_iter().map(head).collect()
}

fn url(query: &ItemsQuery) -> String {
    let pairs = [
        ("show", &query.show),
        ("kind", &query.kind),
        ("topic", &query.topic),
        ("q", &query.q),
        ("sort", &query.sort),
        ("dir", &query.dir),
    ];
    url_with_query("/items", pairs.into_iter().filter_map(|(name, value)| Some((name, given(value)?))))
}
