//! Where members live and where they work.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use rayon::prelude::*;
use serde_json::Value;
use zhihui_engine::report::MinGroupSize;

use crate::report::group_counts::{Dimension, GroupCounts};
use crate::report::group_hierarchy::GroupHierarchy;
use crate::report::hidden_cells::ColumnContent::NotPeople;
use crate::report::hidden_cells::hidden_text;
use crate::report::tables::{Column, MEMBERS, SuppressedTable, table};
use crate::report::unions::Unions;

/// The rows of `districts.sql` by the pair of districts, beside the age band and then beside the district of reports.
pub(super) fn pairs_of(batches: &[RecordBatch], unions: &Unions) -> Result<[Arc<GroupCounts>; 2], DataFusionError> {
    // Pairs stand in the place of districts.
    let beside = |column: usize| -> Result<Arc<GroupCounts>, DataFusionError> {
        let project = |batch: &RecordBatch| batch.project(&[0, column, 3, 4]);
        let batches: Vec<RecordBatch> = batches.iter().map(project).collect::<Result<_, _>>()?;
        Ok(Arc::new(GroupCounts::of(&batches, unions)))
    };
    Ok([beside(1)?, beside(2)?])
}

/// The table of pairs of districts.
///
/// Reports on unions, age bands and districts show members too. A pair is shown if, together with them, it reveals no small group.
pub(super) fn districts(pairs: &[Arc<GroupCounts>; 2], unions: &Unions, min_size: MinGroupSize) -> SuppressedTable {
    let columns: &[Column] = &[
        ("home_district", "居住区", "Home district", "text", NotPeople),
        ("work_district", "工作区", "Work district", "text", NotPeople),
        MEMBERS,
    ];
    let hierarchies: Vec<GroupHierarchy> = pairs
        .par_iter()
        .map(|counts| {
            let hierarchy = counts.by(Dimension::District, &Arc::new(counts.by_union(unions, min_size)), min_size);
            hierarchy.decide(&["members"]);
            hierarchy
        })
        .collect();
    let is_shown = |place: usize| hierarchies.iter().all(|hierarchy| hierarchy.shows(&["members"], place));
    let names = hierarchies[0].names().iter().zip(1..);
    let mut pairs: Vec<(bool, u64, &String)> =
        names.map(|(pair, place)| (is_shown(place), hierarchies[0].count("members", place), pair)).collect();
    // The place of a hidden pair does not depend on its members.
    pairs.sort_by_key(|(shown, people, _)| std::cmp::Reverse(if *shown { *people } else { 0 }));
    let hidden = pairs.iter().filter(|(shown, _, _)| !shown).count();
    let row = |(shown, people, pair): (bool, u64, &String)| {
        let (home, work) = pair.split_once('|').unwrap_or((pair, ""));
        let people = if shown { people.into() } else { Value::from(hidden_text(min_size)) };
        vec![home.into(), work.into(), people]
    };
    let rows = pairs.into_iter().map(row).collect();
    (table("districts", ("居住区与工作区", "Home and work districts"), columns, rows), hidden)
}
