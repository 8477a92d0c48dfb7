//! Ratings by item and by topic, and who gave them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::batch::{Column, batch};
use super::sign_ups::raters;
use super::view::Micros;

/// Ratings of an item or a topic.
#[derive(Default)]
struct Opinion {
    raters: HashSet<usize>,
    times: i64,
    points: i64,
}

/// A row of the query.
struct Row<'a> {
    part: &'static str,
    about_id: &'a str,
    title: &'a str,
    opinion: Opinion,
}

impl Opinion {
    fn add(&mut self, row: usize, rating: i64) {
        self.raters.insert(row);
        self.times += 1;
        self.points += rating;
    }
}

/// `opinions.sql`.
pub(super) fn opinions(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let columns = &counts.columns;
    let mut of_items: HashMap<u32, Vec<(usize, i64)>> = HashMap::new();
    for (row, rating) in raters(counts, period) {
        of_items.entry(rating.item).or_default().push((row, rating.rating));
    }
    let mut rows = Vec::new();
    for (&item, ratings) in &of_items {
        let id = columns.item_ids.text(item).unwrap_or_default();
        let title = columns.items.get(item).and_then(|item| item.title.as_deref()).unwrap_or(id);
        rows.push(Row { part: "item", about_id: id, title, opinion: opinion(ratings) });
    }
    for (topic, items) in columns.items.items_of_topic.iter().enumerate() {
        let ratings: Vec<(usize, i64)> =
            items.iter().filter_map(|(item, _)| of_items.get(item)).flatten().copied().collect();
        if !ratings.is_empty() {
            let name = columns.items.topics.text(topic as u32).unwrap_or_default();
            rows.push(Row { part: "topic", about_id: name, title: name, opinion: opinion(&ratings) });
        }
    }
    let raters = |row: &Row<'_>| row.opinion.raters.len() as i64;
    let shown = |row: &Row<'_>| if raters(row) >= counts.options.min_people { raters(row) } else { 0 };
    rows.sort_by(|left, right| {
        (left.part, shown(right), left.about_id).cmp(&(right.part, shown(left), right.about_id))
    });
    let text = |text: fn(&Row<'_>) -> String| Column::Text(rows.iter().map(|row| Some(text(row))).collect());
    let rating = |row: &Row<'_>| Some(row.opinion.points as f64 / row.opinion.times as f64);
    batch(vec![
        ("part", Column::Name(rows.iter().map(|row| row.part).collect())),
        ("about_id", text(|row| row.about_id.to_owned())),
        ("title", text(|row| row.title.to_owned())),
        ("raters", Column::Count(rows.iter().map(raters).collect())),
        ("times", Column::Count(rows.iter().map(|row| row.opinion.times).collect())),
        ("rating", Column::Number(rows.iter().map(rating).collect())),
    ])
}

/// The rows of the members who rated each item.
fn raters_of_items(counts: &Counts, period: Micros) -> BTreeMap<u32, BTreeSet<usize>> {
    let mut of_items: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
    for (row, rating) in raters(counts, period) {
        of_items.entry(rating.item).or_default().insert(row);
    }
    of_items
}

/// `topic_ratings.sql`.
pub(super) fn topic_ratings(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let columns = &counts.columns;
    let of_items = raters_of_items(counts, period);
    let mut rows: Vec<(Option<&str>, Option<&str>, i64)> = Vec::new();
    for (topic, items) in columns.items.items_of_topic.iter().enumerate() {
        let name = columns.items.topics.text(topic as u32);
        let rated = items.iter().filter_map(|(item, _)| of_items.get_key_value(item));
        rows.extend(rated.map(|(&item, raters)| (name, columns.item_ids.text(item), raters.len() as i64)));
    }
    let owned = |text: Option<&str>| text.map(str::to_owned);
    batch(vec![
        ("topic", Column::Text(rows.iter().map(|row| owned(row.0)).collect())),
        ("item_id", Column::Text(rows.iter().map(|row| owned(row.1)).collect())),
        ("age_band", Column::Text(vec![Some(String::new()); rows.len()])),
        ("raters", Column::Count(rows.iter().map(|row| row.2).collect())),
    ])
}

/// `few_raters.sql`.
pub(super) fn few_raters(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let columns = &counts.columns;
    let of_items = raters_of_items(counts, period);
    let few = of_items.iter().filter(|(_, raters)| (raters.len() as i64) < counts.options.min_people);
    let rows: Vec<(u32, usize)> = few.flat_map(|(&item, raters)| raters.iter().map(move |&row| (item, row))).collect();
    let member = |row: usize| columns.member_ids.text(columns.members.ids[row]).map(str::to_owned);
    batch(vec![
        ("item_id", Column::Text(rows.iter().map(|row| columns.item_ids.text(row.0).map(str::to_owned)).collect())),
        ("age_band", Column::Text(vec![Some(String::new()); rows.len()])),
        ("member_id", Column::Text(rows.iter().map(|row| member(row.1)).collect())),
    ])
}

fn opinion(ratings: &[(usize, i64)]) -> Opinion {
    let mut opinion = Opinion::default();
    ratings.iter().for_each(|&(row, rating)| opinion.add(row, rating));
    opinion
}
