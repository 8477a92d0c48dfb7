//! Drops rows of erased members.

use arrow::array::{Array, AsArray, StringArray};
use arrow::record_batch::RecordBatch;
use zhihui_data::ErasedIds;

use super::RowClass;

/// Changes the class of rows with an erased member or openid to duplicate. Returns the number of such rows.
pub(super) fn mark_duplicates(erased: &ErasedIds, batch: &RecordBatch, classes: &mut [Option<RowClass>]) -> u64 {
    if erased.is_empty() {
        return 0;
    }
    let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let (members, openids) = (text("member_id"), text("openid"));
    let value = |column: Option<&StringArray>, row: usize| {
        column.filter(|column| column.is_valid(row)).map(|column| column.value(row).to_owned())
    };
    let mut count = 0;
    for (row, class) in classes.iter_mut().enumerate().filter(|(_, class)| class.is_some()) {
        let is_erased = value(members, row).is_some_and(|id| erased.has_member(&id))
            || value(openids, row).is_some_and(|openid| erased.has_openid(&openid));
        if is_erased {
            *class = Some(RowClass::Duplicate);
            count += 1;
        }
    }
    count
}
