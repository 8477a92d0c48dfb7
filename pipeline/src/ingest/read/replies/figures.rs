//! Takes the rows of a reply apart: one row of figures for each day and source.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use zhihui_data::AccountInterface;

use super::super::super::error::FileError;
use super::sources;

/// The values of a row by contract column.
pub(super) type Figures = BTreeMap<&'static str, String>;

type Object = Map<String, Value>;
type Add<'a> = dyn FnMut(Figures) -> Result<(), FileError> + 'a;

/// Figures of the new interfaces: their key, and the contract column.
const NEW: &[(&str, &str)] = &[
    ("read_user", "read_users"),
    ("share_user", "share_users"),
    ("zaikan_user", "recommend_users"),
    ("like_user", "like_users"),
    ("comment_count", "comments"),
    ("collection_user", "favourite_users"),
    ("redirect_ori_page_user", "original_users"),
    ("send_page_count", "sent_pages"),
    ("read_finish_rate", "finish_rate"),
];
/// Figures of the old interfaces.
const OLD: &[(&str, &str)] = &[
    ("int_page_read_user", "read_users"),
    ("int_page_read_count", "read_times"),
    ("ori_page_read_user", "original_users"),
    ("ori_page_read_count", "original_times"),
    ("share_user", "share_users"),
    ("share_count", "share_times"),
    ("add_to_fav_user", "favourite_users"),
    ("add_to_fav_count", "favourite_times"),
    ("target_user", "target_users"),
    ("new_user", "new_followers"),
    ("cancel_user", "lost_followers"),
    ("cumulate_user", "followers"),
];
/// What identifies an article.
const ARTICLE: &[(&str, &str)] = &[("msgid", "msgid"), ("title", "title"), ("content_url", "url")];

/// Adds the rows of figures of one row of a reply.
pub(super) fn add_rows(
    interface: &AccountInterface,
    row: &Object,
    common: &Figures,
    add: &mut Add<'_>,
) -> Result<(), FileError> {
    let mut base = common.clone();
    base.insert("generation", interface.generation.name().to_owned());
    base.insert("interface", interface.name.to_owned());
    copy(row, ARTICLE, &mut base);
    match interface.name {
        "getarticletotaldetail" => since_publication(
            row,
            "detail_list",
            &base,
            &mut |figures, day| {
                copy(day, NEW, figures);
                // WeChat gives minutes.
                let seconds = day.get("read_avg_activetime").and_then(Value::as_f64).map(|minutes| minutes * 60.0);
                figures.extend(seconds.map(|seconds| ("read_seconds", seconds.to_string())));
                scenes(day, figures)
            },
            add,
        ),
        "getarticletotal" => since_publication(
            row,
            "details",
            &base,
            &mut |figures, day| {
                copy(day, OLD, figures);
                article_sources(day, figures)
            },
            add,
        ),
        "getarticleread" | "getarticleshare" | "getbizsummary" => {
            copy(row, &[("ref_date", "day")], &mut base);
            let empty = Object::new();
            let detail = row.get("detail").and_then(Value::as_object).unwrap_or(&empty);
            copy(detail, NEW, &mut base);
            let sources = scenes(detail, &base);
            add(base)?;
            sources.into_iter().try_for_each(add)
        }
        name => {
            copy(row, &[("ref_date", "day")], &mut base);
            copy(row, OLD, &mut base);
            // `ref_hour` is 0, 100, … 2300.
            let hour = row.get("ref_hour").and_then(text);
            let hour = hour.map(|hour| hour.parse::<u32>().map_or(hour, |hour| (hour / 100).to_string()));
            base.extend(hour.map(|hour| ("hour", hour)));
            let number = |key: &str| row.get(key).and_then(text);
            let source = match name {
                "getusersummary" => number("user_source").map(sources::following),
                "getusershare" | "getusersharehour" => number("share_scene").map(sources::sharing),
                "getusercumulate" => None,
                _ => number("user_source").and_then(sources::reading),
            };
            base.extend(source.map(|source| ("source", source)));
            add(base)
        }
    }
}

/// Adds the days of an article since its publication. `fill` completes a day and returns its rows by source.
fn since_publication(
    row: &Object,
    list: &str,
    base: &Figures,
    fill: &mut dyn FnMut(&mut Figures, &Object) -> Vec<Figures>,
    add: &mut Add<'_>,
) -> Result<(), FileError> {
    let days = row.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::new();
    for day in days.iter().filter_map(Value::as_object) {
        let mut figures = base.clone();
        copy(row, &[("ref_date", "published_on")], &mut figures);
        copy(day, &[("stat_date", "day")], &mut figures);
        let sources = fill(&mut figures, day);
        found.push((figures, sources));
    }
    found.sort_by(|(left, _), (right, _)| left.get("day").cmp(&right.get("day")));
    // WeChat's documentation says cumulative. Figures that fall are those of single days.
    let readers = found.iter().filter_map(|(figures, _)| figures.get("read_users")?.parse::<u64>().ok());
    let is_cumulative = readers.is_sorted();
    for (mut figures, sources) in found {
        figures.insert("cumulative", is_cumulative.to_string());
        add(figures)?;
        for mut source in sources {
            source.insert("cumulative", is_cumulative.to_string());
            add(source)?;
        }
    }
    Ok(())
}

/// The readers by scene, for the new interfaces.
fn scenes(detail: &Object, whole: &Figures) -> Vec<Figures> {
    let rows = detail.get("read_user_source").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let row = |row: &Value| {
        let scene = sources::scene(row.get("scene_desc").and_then(text)?)?;
        Some(of_source(whole, scene, vec![("read_users", row.get("user_count").and_then(text)?)]))
    };
    rows.iter().filter_map(row).collect()
}

/// The readers by source of `getarticletotal`, which has a figure for each.
fn article_sources(day: &Object, whole: &Figures) -> Vec<Figures> {
    let row = |(part, name): (&str, &str)| {
        let figure = |what: &str| day.get(&format!("int_page_from_{part}_read_{what}")).and_then(text);
        let users = figure("user").map(|users| ("read_users", users));
        let times = figure("count").map(|times| ("read_times", times));
        let figures: Vec<_> = users.into_iter().chain(times).collect();
        (!figures.is_empty()).then(|| of_source(whole, name.to_owned(), figures))
    };
    sources::OF_ARTICLES.into_iter().filter_map(row).collect()
}

/// The row of a source: what identifies the whole, and its own figures.
fn of_source(whole: &Figures, source: String, figures: Vec<(&'static str, String)>) -> Figures {
    const KEPT: [&str; 7] = ["generation", "interface", "day", "msgid", "published_on", "delayed", "updated_at"];
    let kept = whole.iter().filter(|(column, _)| KEPT.contains(column));
    let mut row: Figures = kept.map(|(column, value)| (*column, value.clone())).collect();
    row.insert("source", source);
    row.extend(figures);
    row
}

fn copy(from: &Object, keys: &[(&str, &'static str)], to: &mut Figures) {
    for (key, column) in keys {
        to.extend(from.get(*key).and_then(text).map(|text| (*column, text)));
    }
}

/// A plain value as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
