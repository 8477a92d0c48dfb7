//! Readers by topic and age band.

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
struct Cell {
    readers: i64,
    reads: i64,
    attention: i128,
}

/// `topics.sql`.
pub(super) fn topics(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let (columns, period) = (&counts.columns, counts.known(period));
    let members = &columns.members;
    let mut seen = Seen::new(counts);
    // Cells of each topic by the number of the age band's text.
    let mut topics: Vec<(&str, HashMap<u32, Cell>)> = Vec::new();
    for (topic, items) in columns.items.items_of_topic.iter().enumerate() {
        let mut cells: HashMap<u32, Cell> = HashMap::new();
        for &(item, share) in items {
            counts.view.each_of_item(columns, item, period, |event| {
                if event.kind == Kind::Read {
                    let [_, band, _] = members.groups[members.group_of[event.row] as usize];
                    let cell = cells.entry(band).or_default();
                    cell.readers += seen.first_time(event.row, topic as u32);
                    cell.reads += 1;
                    cell.attention += i128::from(share);
                }
            });
        }
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

fn number(attention: i128) -> f64 {
    attention as f64 / SHARE
}
