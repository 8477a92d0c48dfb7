//! The columns that rows of keyed tables have, as masks by `Table::column_bit`. A column that a row does not have keeps the value
//! of earlier rows; one that is there and empty clears it.

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{Int64Type, Schema};
use arrow::record_batch::RecordBatch;
use polars::prelude::{Column as Values, PlSmallStr};
use zhihui_data::Table;
use zhihui_data::tables::Identity;

use super::plan::{Binding, Origin};
use crate::lake::raw::COLUMNS;

/// The masks of the rows of a batch.
#[derive(Debug, Clone)]
pub(super) enum ColumnMasks {
    /// All rows have the same columns.
    Same(i64),
    /// One mask a row; a missing one means all columns.
    Rows(Int64Array),
}

impl ColumnMasks {
    /// The masks of a batch: those of its column [`COLUMNS`], else of its columns.
    pub(super) fn of(table: Table, batch: &RecordBatch) -> Self {
        let stored = batch.column_by_name(COLUMNS).and_then(|masks| masks.as_primitive_opt::<Int64Type>());
        stored.map_or_else(|| Self::Same(of_schema(table, &batch.schema())), |masks| Self::Rows(masks.clone()))
    }

    pub(super) fn of_row(&self, row: usize) -> i64 {
        match self {
            Self::Same(mask) => *mask,
            Self::Rows(masks) if masks.is_valid(row) => masks.value(row),
            Self::Rows(_) => -1,
        }
    }

    /// The masks as a column of this many rows.
    pub(super) fn to_column(&self, rows: usize) -> ArrayRef {
        std::sync::Arc::new((0..rows).map(|row| Some(self.of_row(row))).collect::<Int64Array>())
    }
}

/// Whether rows of a table have masks.
pub(super) fn applies_to(table: Table) -> bool {
    matches!(table.identity(), Identity::Key(_))
}

fn of_schema(table: Table, schema: &Schema) -> i64 {
    schema.fields().iter().map(|field| table.column_bit(field.name())).sum()
}

/// The mask of a record, of which `has_field` tells which fields are there. Columns that a record does not name are missing, even
/// if other records of the file have them.
pub(super) fn of_record(table: Table, binding: &Binding, has_field: impl Fn(usize) -> bool) -> i64 {
    let is_there = |origin: &Origin| match origin {
        Origin::Slot(slot) => {
            let inputs =
                binding.shape.as_ref().map_or_else(|| vec![*slot], |shape| shape.inputs(*slot, binding.read_slots));
            // What no field of the file has, such as the number of a row, is always there.
            inputs.is_empty() || inputs.iter().any(|slot| has_field(binding.fields[*slot]))
        }
        Origin::Lookup(slot, _) => has_field(binding.fields[*slot]),
        Origin::Constant(_) => true,
    };
    let columns = binding.columns.iter().filter(|bound| is_there(&bound.origin));
    columns.map(|bound| table.column_bit(bound.column.name)).sum()
}

/// Returns the masks of a chunk as the column [`COLUMNS`] if its rows have different columns. `records` holds the masks of records,
/// if the rows are records, and `columns` the cleaned columns.
///
/// A birth date is there if a column is from which it is derived. A sex that is derived from an identity number is there if the row
/// has such a number: the file does not say that it is unknown otherwise.
pub(super) fn of_chunk(table: Table, binding: &Binding, records: &[i64], columns: &[Values]) -> Option<Values> {
    if !applies_to(table) {
        return None;
    }
    let bit = |name: &str| table.column_bit(name);
    let of_file = of_record(table, binding, |_| true);
    let (number, gender) = (bit("id_number"), bit("gender"));
    let derives_gender = of_file & number != 0 && of_file & gender == 0;
    let rows = columns.first().map_or(0, Values::len);
    if records.is_empty() && !derives_gender {
        return None;
    }
    let derived_from = number | bit("birth_year") | bit("age");
    let genders = columns.iter().find(|column| column.name() == "gender").map(Values::is_not_null);
    let mask = |row: usize| {
        let given = records.get(row).copied().unwrap_or(of_file);
        let has_gender = given & number != 0 && genders.as_ref().and_then(|genders| genders.get(row)) == Some(true);
        let birth_date = if given & derived_from == 0 { 0 } else { bit("birth_date") };
        (given & !derived_from) | birth_date | if has_gender { gender } else { 0 }
    };
    Some(Values::new(PlSmallStr::from_static(COLUMNS), (0..rows).map(mask).collect::<Vec<i64>>()))
}
