//! Rows of members who were erased do not come back with an old file.

use arrow::array::{Array, AsArray, StringArray};
use arrow::record_batch::RecordBatch;
use zhihui_data::ErasedIds;

use super::Verdict;

/// Turns the verdict on every row that names an erased member or openid into a duplicate, and says how many there were.
pub(super) fn drop(forgotten: &ErasedIds, batch: &RecordBatch, verdicts: &mut [Option<Verdict>]) -> u64 {
    if forgotten.is_empty() {
        return 0;
    }
    let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let (members, openids) = (text("member_id"), text("openid"));
    let value = |column: Option<&StringArray>, row: usize| {
        column.filter(|column| column.is_valid(row)).map(|column| column.value(row).to_owned())
    };
    let mut dropped = 0;
    for (row, verdict) in verdicts.iter_mut().enumerate().filter(|(_, verdict)| verdict.is_some()) {
        let named = value(members, row).is_some_and(|id| forgotten.has_member(&id))
            || value(openids, row).is_some_and(|openid| forgotten.has_openid(&openid));
        if named {
            *verdict = Some(Verdict::Duplicate);
            dropped += 1;
        }
    }
    dropped
}
