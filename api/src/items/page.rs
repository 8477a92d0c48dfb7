//! What is open now: seats left, windows, whom each item reaches, and how many are expected to sign up.

#[path = "daily_activity.rs"]
mod happened;
#[path = "item_page.rs"]
pub(crate) mod one;
#[path = "row.rs"]
mod row;

use std::cmp::Ordering;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use zhihui_data::ItemKind;
use zhihui_engine::insight::{ItemInsight, Phase, Reach};

use row::ItemRow;

use super::counted::Sight;
use super::frame::Frame;
use super::html::page;
use super::report::grouped;
use super::words;
use crate::access::Asker;
use crate::problem::Problem;
use crate::routes::Parameters;
use crate::service::{Live, Service};

/// Articles published within so many days are listed.
const ARTICLE_DAYS: i64 = 30;
/// Articles listed at most, the latest.
const MOST_ARTICLES: usize = 40;
/// Others listed at most.
const MOST_ITEMS: usize = 300;

/// What the list is narrowed down to and sorted by.
#[derive(Debug, Default, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ItemsQuery {
    /// `open`, `soon` or `articles`; what is open where it is missing.
    pub(super) show: Option<String>,
    /// Only items of this kind.
    pub(super) kind: Option<String>,
    /// Only items with this topic.
    pub(super) topic: Option<String>,
    /// Only items whose title or id contains this.
    pub(super) q: Option<String>,
    /// `closes`, `seats`, `reach`, `expected` or `title`.
    pub(super) sort: Option<String>,
    /// `desc` turns the order round.
    pub(super) dir: Option<String>,
}

/// Which part of the list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    Open,
    Soon,
    Articles,
}

#[derive(Template)]
#[template(path = "items/page.html")]
struct ItemsPage<'a> {
    frame: &'a Frame,
    query: &'a ItemsQuery,
    sentence: String,
    tabs: Vec<Tab>,
    kinds: Vec<(&'static str, &'static str)>,
    topics: Vec<String>,
    heads: Vec<Head>,
    rows: Vec<ItemRow>,
    articles: bool,
    narrowed: bool,
    extrapolated: bool,
    published: bool,
}

struct Tab {
    label: &'static str,
    address: String,
    count: usize,
    current: bool,
}

struct Head {
    label: &'static str,
    address: String,
    /// `ascending`, `descending`, or empty where the list is not sorted by it.
    sorted: &'static str,
    numeric: bool,
}

/// What is open now.
#[utoipa::path(get, path = "/items", tag = "pages", params(ItemsQuery), responses((status = 200, description = "A page")))]
pub(crate) async fn items(
    State(service): State<Service>,
    frame: Frame,
    asker: Asker,
    Parameters(query): Parameters<ItemsQuery>,
) -> Result<Response, Problem> {
    let now = service.now();
    let asked = query.clone();
    let counter = service.clone();
    let sight = Sight::of(&asker, service.settings().fewest_people);
    let hides_few = sight.hides_few;
    let listed = match service.live() {
        Ok(_) => Some(service.compute(move |live| Listed::of(live, &counter, &asked, &sight, now)).await?),
        Err(_) => None,
    };
    let published = listed.is_some();
    let mut listed = listed.unwrap_or_default();
    listed.sort(&query);
    let show = show_of(&query);
    let zone = service.staleness().map(|now| now.facts.zone).unwrap_or_default();
    let rows =
        listed.rows.iter().map(|(item, reach)| ItemRow::new(item, reach, hides_few, now, zone, frame.l)).collect();
    let template = ItemsPage {
        sentence: listed.sentence(&frame, now),
        tabs: tabs(&frame, &query, show, listed.counts),
        kinds: if show == Show::Articles { Vec::new() } else { kinds(&frame) },
        topics: listed.topics,
        heads: heads(&frame, &query, show),
        rows,
        articles: show == Show::Articles,
        narrowed: [&query.kind, &query.topic, &query.q].iter().any(|one| given(one).is_some()),
        extrapolated: listed.extrapolated,
        published,
        frame: &frame,
        query: &query,
    };
    Ok(page(StatusCode::OK, &frame, &template))
}

/// A parameter that was filled in.
pub(super) fn given(parameter: &Option<String>) -> Option<&str> {
    parameter.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn show_of(query: &ItemsQuery) -> Show {
    match query.show.as_deref() {
        Some("soon") => Show::Soon,
        Some("articles") => Show::Articles,
        _ => Show::Open,
    }
}

/// The items of one part of the list, with whom they reach.
#[derive(Default)]
struct Listed {
    rows: Vec<(ItemInsight, Reach)>,
    counts: [usize; 3],
    topics: Vec<String>,
    full: usize,
    closing: usize,
    extrapolated: bool,
}

impl Listed {
    fn of(live: &Live, service: &Service, query: &ItemsQuery, sight: &Sight, now: i64) -> Self {
        let mut all = live.answers.item_list(now - ARTICLE_DAYS * 86_400, now);
        let part = |item: &ItemInsight| match item.phase {
            Phase::Open | Phase::Full if item.kind == ItemKind::Article => Some(Show::Articles),
            Phase::Open | Phase::Full => Some(Show::Open),
            Phase::NotOpenYet if item.kind != ItemKind::Article => Some(Show::Soon),
            _ => None,
        };
        let count = |show| all.iter().filter(|item| part(item) == Some(show)).count();
        let counts = [count(Show::Open), count(Show::Soon), count(Show::Articles)];
        let open: Vec<&ItemInsight> = all.iter().filter(|item| part(item) == Some(Show::Open)).collect();
        let full = open.iter().filter(|item| item.phase == Phase::Full).count();
        let is_closing = |item: &ItemInsight| closes(item).is_some_and(|at| at < now + 3 * 86_400);
        let closing = open.iter().filter(|item| item.phase == Phase::Open && is_closing(item)).count();
        let mut topics: Vec<String> = all.iter().flat_map(|item| item.topics.iter().cloned()).collect();
        topics.sort();
        topics.dedup();
        let show = show_of(query);
        let needle = given(&query.q).map(str::to_lowercase);
        all.retain(|item| {
            part(item) == Some(show)
                && given(&query.kind).is_none_or(|kind| show == Show::Articles || item.kind.as_str() == kind)
                && given(&query.topic).is_none_or(|topic| item.topics.iter().any(|own| own == topic))
                && needle.as_deref().is_none_or(|needle| {
                    item.title.to_lowercase().contains(needle) || item.item_id.to_lowercase().contains(needle)
                })
        });
        if show == Show::Articles {
            all.sort_by_key(|item| std::cmp::Reverse(item.published_at));
            all.truncate(MOST_ARTICLES);
        }
        all.truncate(MOST_ITEMS);
        let ids: Vec<&str> = all.iter().map(|item| item.item_id.as_str()).collect();
        let reach = service.counted().reach(live, &ids, sight, now);
        let extrapolated = reach.iter().any(|reach| reach.extrapolated);
        Self { rows: all.into_iter().zip(reach).collect(), counts, topics, full, closing, extrapolated }
    }

    fn sort(&mut self, query: &ItemsQuery) {
        type Row = (ItemInsight, Reach);
        // What has no end or no limit comes last.
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

    fn sentence(&self, frame: &Frame, _now: i64) -> String {
        let [open, soon, articles] = self.counts.map(|count| grouped(count as f64, 0));
        let (full, closing) = (grouped(self.full as f64, 0), grouped(self.closing as f64, 0));
        if frame.l.tag() == "en" {
            return format!(
                "Open for sign-up now: {open}; of these full: {full}, closing within three days: {closing}. Opening later: {soon}. \
                 Articles of the last {ARTICLE_DAYS} days: {articles}."
            );
        }
        format!(
            "现在有 {open} 项可以报名,其中 {full} 项已满,{closing} 项三天内截止;另有 {soon} 项即将开放,近 {ARTICLE_DAYS} 天发布了 {articles} 篇文章。"
        )
    }
}

/// When an item closes as far as people care: sign-up, else its begin.
pub(super) fn closes(item: &ItemInsight) -> Option<i64> {
    item.closes_at.or(item.ends_at).or(item.starts_at)
}

fn kinds(frame: &Frame) -> Vec<(&'static str, &'static str)> {
    let others = ItemKind::ALL.iter().filter(|&&kind| kind != ItemKind::Article);
    others.map(|&kind| (kind.as_str(), words::kind(kind, frame.l))).collect()
}

fn tabs(frame: &Frame, query: &ItemsQuery, show: Show, counts: [usize; 3]) -> Vec<Tab> {
    let parts = [
        (Show::Open, "open", frame.l.say("可报名", "Open")),
        (Show::Soon, "soon", frame.l.say("即将开放", "Opening later")),
        (Show::Articles, "articles", frame.l.say("文章", "Articles")),
    ];
    let tab = |((part, name, label), count): ((Show, &str, &'static str), usize)| {
        let next = ItemsQuery { show: Some(name.to_owned()), kind: None, sort: None, dir: None, ..query.clone() };
        Tab { label, address: address(&next), count, current: part == show }
    };
    parts.into_iter().zip(counts).map(tab).collect()
}

fn heads(frame: &Frame, query: &ItemsQuery, show: Show) -> Vec<Head> {
    let l = frame.l;
    let time = match show {
        Show::Open => l.say("截止", "Closes"),
        Show::Soon => l.say("开放", "Opens"),
        Show::Articles => l.say("发布", "Published"),
    };
    let expected = if show == Show::Articles {
        l.say("预计阅读", "Expected reads")
    } else {
        l.say("预计报名", "Expected sign-ups")
    };
    let mut columns = vec![("title", l.say("名称", "Title"), false), ("closes", time, false)];
    if show != Show::Articles {
        columns.push(("seats", l.say("剩余名额", "Seats left"), true));
    }
    columns.push(("reach", l.say("可推送", "Can be pushed to"), true));
    columns.push(("expected", expected, true));
    let current = query.sort.as_deref().unwrap_or("closes");
    let descending = query.dir.as_deref() == Some("desc");
    let head = |(name, label, numeric): (&str, &'static str, bool)| {
        let is_current = current == name;
        // Counts are wanted from the top, names and times from the beginning.
        let wants_desc = if is_current { !descending } else { matches!(name, "reach" | "expected") };
        let next =
            ItemsQuery { sort: Some(name.to_owned()), dir: wants_desc.then(|| "desc".to_owned()), ..query.clone() };
        let sorted = match (is_current, descending) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        Head { label, address: address(&next), sorted, numeric }
    };
    columns.into_iter().map(head).collect()
}

fn address(query: &ItemsQuery) -> String {
    let pairs = [
        ("show", &query.show),
        ("kind", &query.kind),
        ("topic", &query.topic),
        ("q", &query.q),
        ("sort", &query.sort),
        ("dir", &query.dir),
    ];
    super::html::address("/items", pairs.into_iter().filter_map(|(name, value)| Some((name, given(value)?))))
}
