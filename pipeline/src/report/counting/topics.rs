//! Readers by topic and age band, and what is published about each topic.

use std::collections::HashMap;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::articles::Seen;
use super::batch::{Column, batch};
use super::view::Micros;
use crate::report::columns::{Kind, SHARE};

/// Number of topics in the table.
const TOPICS: usize = 12;

/// Readers, reads and attention of a topic in an age band. Attention is in units of [`SHARE`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    readers: i64,
    reads: i64,
    attention: i128,
}

/// What was read about each topic, by the number of the topic, then by the place of the age band.
pub(super) type TopicReads = Vec<Vec<Cell>>;

/// Counts what was read about topics in the known part of a period.
pub(super) fn topic_reads(counts: &Counts, period: Micros) -> TopicReads {
    let (columns, period) = (&counts.columns, counts.known(period));
    let members = &columns.members;
    let mut seen = Seen::new(counts);
    let of_topic = |items: &Vec<(u32, i64)>| {
        let mut cells = vec![Cell::default(); members.bands.len()];
        for &(item, share) in items {
            counts.view.each_of_item(columns, item, period, |event| {
                if event.kind == Kind::Read {
                    let cell = &mut cells[usize::from(members.band_of[event.row])];
                    cell.readers += seen.first_time(event.row);
                    cell.reads += 1;
                    cell.attention += i128::from(share);
                }
            });
        }
        seen.clear();
        cells
    };
    columns.items.items_of_topic.iter().map(of_topic).collect()
}

/// `topics.sql`.
pub(super) fn topics(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let columns = &counts.columns;
    let members = &columns.members;
    let reads = counts.topic_reads(period);
    // Cells of each topic by the number of the age band's text.
    let mut topics: Vec<(&str, HashMap<u32, Cell>)> = Vec::new();
    for (topic, cells) in reads.iter().enumerate() {
        let cells: HashMap<u32, Cell> =
            members.bands.iter().copied().zip(cells.iter().copied()).filter(|(_, cell)| cell.reads > 0).collect();
        if !cells.is_empty() {
            topics.push((columns.items.topics.text(topic as u32).unwrap_or_default(), cells));
        }
    }
    let mut of_band: HashMap<u32, i128> = HashMap::new();
    for (band, cell) in topics.iter().flat_map(|(_, cells)| cells) {
        *of_band.entry(*band).or_default() += cell.attention;
    }
    let all: i128 = of_band.values().sum();
    let readers = |cells: &HashMap<u32, Cell>| cells.values().map(|cell| cell.readers).sum::<i64>();
    topics.sort_by(|(left, left_cells), (right, right_cells)| {
        (readers(right_cells), *left).cmp(&(readers(left_cells), *right))
    });
    topics.truncate(TOPICS);
    let mut rows: Vec<(&str, Option<&str>, Cell, f64)> = Vec::new();
    for (topic, cells) in &topics {
        let of_topic: i128 = cells.values().map(|cell| cell.attention).sum();
        let first = rows.len();
        rows.extend(cells.iter().map(|(band, cell)| {
            let band_attention = of_band.get(band).copied().unwrap_or_default();
            let index = 100.0 * (number(cell.attention) / number(band_attention)) / (number(of_topic) / number(all));
            (*topic, members.texts.text(*band), *cell, index)
        }));
        // Unknown bands come last, as in SQL.
        rows[first..].sort_by_key(|(_, band, _, _)| (band.is_none(), *band));
    }
    batch(vec![
        ("topic", Column::Text(rows.iter().map(|(topic, ..)| Some((*topic).to_owned())).collect())),
        ("age_band", Column::Text(rows.iter().map(|(_, band, ..)| band.map(str::to_owned)).collect())),
        ("readers", Column::Count(rows.iter().map(|(_, _, cell, _)| cell.readers).collect())),
        ("reads", Column::Count(rows.iter().map(|(_, _, cell, _)| cell.reads).collect())),
        ("index", Column::Number(rows.iter().map(|(.., index)| Some(*index)).collect())),
    ])
}

/// Articles published about a topic in a period, and reads about it. Supply and demand are in units of [`SHARE`].
#[derive(Debug, Clone, Copy, Default)]
struct TopicSupply {
    articles: i64,
    supply: i128,
    readers: i64,
    demand: i128,
}

/// `topic_supply.sql`.
pub(super) fn topic_supply(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let columns = &counts.columns;
    let reads = counts.topic_reads(period);
    let is_new = |item: u32| {
        let published_at = columns.items.get(item).filter(|item| item.is_article).and_then(|item| item.published_at);
        published_at.is_some_and(|at| (period.0..period.1).contains(&at))
    };
    let mut rows: Vec<(&str, TopicSupply)> = Vec::new();
    for (topic, items) in columns.items.items_of_topic.iter().enumerate() {
        let mut row = TopicSupply::default();
        for &(_, share) in items.iter().filter(|(item, _)| is_new(*item)) {
            row.articles += 1;
            row.supply += i128::from(share);
        }
        for cell in reads.get(topic).into_iter().flatten() {
            row.readers += cell.readers;
            row.demand += cell.attention;
        }
        if row.articles > 0 || row.readers > 0 {
            rows.push((columns.items.topics.text(topic as u32).unwrap_or_default(), row));
        }
    }
    let shown = |row: &TopicSupply| if row.readers >= counts.options.min_people { row.readers } else { 0 };
    rows.sort_by(|(left, left_row), (right, right_row)| (shown(right_row), *left).cmp(&(shown(left_row), *right)));
    // No sum of nothing, as in SQL.
    let sum = |is_counted: fn(&TopicSupply) -> bool, of: fn(&TopicSupply) -> i128| {
        let counted = || rows.iter().filter(|(_, row)| is_counted(row));
        counted().next().map(|_| number(counted().map(|(_, row)| of(row)).sum()))
    };
    let (all_supply, all_demand) =
        (sum(|row| row.articles > 0, |row| row.supply), sum(|row| row.readers > 0, |row| row.demand));
    let supply_share = |row: &TopicSupply| all_supply.map(|all| number(row.supply) / all);
    let demand_share = |row: &TopicSupply| all_demand.map(|all| number(row.demand) / all);
    let index = |row: &TopicSupply| match (supply_share(row), demand_share(row)) {
        (Some(supply), Some(demand)) if row.supply > 0 => Some(100.0 * demand / supply),
        _ => None,
    };
    batch(vec![
        ("topic", Column::Text(rows.iter().map(|(topic, _)| Some((*topic).to_owned())).collect())),
        ("index", Column::Number(rows.iter().map(|(_, row)| index(row)).collect())),
        ("articles", Column::Count(rows.iter().map(|(_, row)| row.articles).collect())),
        ("supply_share", Column::Number(rows.iter().map(|(_, row)| supply_share(row)).collect())),
        ("readers", Column::Count(rows.iter().map(|(_, row)| row.readers).collect())),
        ("demand_share", Column::Number(rows.iter().map(|(_, row)| demand_share(row)).collect())),
    ])
}

fn number(attention: i128) -> f64 {
    attention as f64 / SHARE
}
