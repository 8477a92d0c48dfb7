//! Where members live and where they work.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use serde_json::Value;
use zhihui_engine::report::MinGroupSize;

use crate::report::figures::{counts, texts};
use crate::report::group_counts::{Dimension, GroupCounts};
use crate::report::hidden_cells::ColumnContent::NotPeople;
use crate::report::hidden_cells::hidden_text;
use crate::report::tables::{Column, MEMBERS, SuppressedTable, table};
use crate::report::unions::Unions;

/// The table of the rows of `districts.sql`.
///
/// Reports on unions, age bands and districts show members too. A pair is shown if, together with them, it reveals no small group.
pub(super) fn districts(
    batches: &[RecordBatch],
    unions: &Unions,
    min_size: MinGroupSize,
) -> Result<SuppressedTable, DataFusionError> {
    let columns: &[Column] = &[
        ("home_district", "居住区", "Home district", "text", NotPeople),
        ("work_district", "工作区", "Work district", "text", NotPeople),
        MEMBERS,
    ];
    // Pairs stand in the place of districts, beside the age band and then beside the district of reports.
    let beside = |column: usize| -> Result<Arc<GroupCounts>, DataFusionError> {
        let project = |batch: &RecordBatch| batch.project(&[0, column, 3, 4]);
        let batches: Vec<RecordBatch> = batches.iter().map(project).collect::<Result<_, _>>()?;
        Ok(Arc::new(GroupCounts::of(&batches, unions)))
    };
    let hierarchies = [beside(1)?, beside(2)?]
        .map(|counts| counts.by(Dimension::District, &Arc::new(counts.by_union(unions, min_size)), min_size));
    let mut members: BTreeMap<String, u64> = BTreeMap::new();
    for batch in batches {
        let people = counts(batch.column(4).as_ref());
        for (row, people) in texts(batch, 4).into_iter().zip(people) {
            if let Some(pair) = row[3].clone() {
                *members.entry(pair).or_default() += people;
            }
        }
    }
    let is_shown =
        |pair: &str| hierarchies.iter().all(|hierarchy| hierarchy.shows(&["members"], hierarchy.place(Some(pair))));
    let mut pairs: Vec<(bool, u64, String)> =
        members.into_iter().map(|(pair, people)| (is_shown(&pair), people, pair)).collect();
    // The place of a hidden pair does not depend on its members.
    pairs.sort_by_key(|(shown, people, _)| std::cmp::Reverse(if *shown { *people } else { 0 }));
    let hidden = pairs.iter().filter(|(shown, _, _)| !shown).count();
    let row = |(shown, people, pair): (bool, u64, String)| {
        let (home, work) = pair.split_once('|').unwrap_or((pair.as_str(), ""));
        let people = if shown { people.into() } else { Value::from(hidden_text(min_size)) };
        vec![home.into(), work.into(), people]
    };
    let rows = pairs.into_iter().map(row).collect();
    Ok((table("districts", ("居住区与工作区", "Home and work districts"), columns, rows), hidden))
}
