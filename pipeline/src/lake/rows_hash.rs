//! A hash of rows that does not depend on their order, to verify that a rewrite did not change them.

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use futures::{Stream, TryStreamExt};
use xxhash_rust::xxh3::xxh3_128;

use super::LakeError;

/// The number of rows and the sum of their hashes, which are equal for equal multisets of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RowsHash {
    rows: u64,
    sum: u128,
}

impl RowsHash {
    /// Adds the rows of a batch. Text views and plain texts have equal hashes.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let plain = |column: &ArrayRef| match column.data_type() {
            DataType::Utf8View | DataType::Dictionary(..) => cast(column, &DataType::Utf8),
            _ => Ok(ArrayRef::clone(column)),
        };
        let columns = batch.columns().iter().map(plain).collect::<Result<Vec<_>, _>>()?;
        let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
        let rows = RowConverter::new(fields)?.convert_columns(&columns)?;
        self.rows += batch.num_rows() as u64;
        self.sum = rows.iter().map(|row| xxh3_128(row.data())).fold(self.sum, u128::wrapping_add);
        Ok(())
    }

    /// The hash in bytes, for a fingerprint.
    pub(crate) fn to_le_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.rows.to_le_bytes());
        bytes[8..].copy_from_slice(&self.sum.to_le_bytes());
        bytes
    }

    /// Returns the hash of all rows of a stream.
    pub(super) async fn of(
        batches: impl Stream<Item = Result<RecordBatch, LakeError>>,
        table: &str,
    ) -> Result<Self, LakeError> {
        let mut found = Self::default();
        let mut batches = std::pin::pin!(batches);
        while let Some(batch) = batches.try_next().await? {
            found
                .add(&batch)
                .map_err(|error| LakeError::Rows { table: table.to_owned(), detail: error.to_string() })?;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::*;

    fn rows(pairs: &[(i64, Option<&str>)]) -> RowsHash {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(pairs.iter().map(|pair| pair.0)));
        let texts: ArrayRef = Arc::new(pairs.iter().map(|pair| pair.1).collect::<StringArray>());
        let batch = RecordBatch::try_from_iter([("n", numbers), ("t", texts)]).expect("a batch");
        let mut found = RowsHash::default();
        found.add(&batch).expect("hashed");
        found
    }

    #[test]
    fn the_hash_depends_on_every_row_but_not_on_their_order() {
        let all = rows(&[(1, Some("甲")), (2, None), (2, None)]);
        assert_eq!(all, rows(&[(2, None), (1, Some("甲")), (2, None)]));
        assert_ne!(all, rows(&[(1, Some("甲")), (2, None)]));
        assert_ne!(all, rows(&[(1, Some("甲")), (2, None), (2, Some(""))]));
        assert_ne!(all, rows(&[(1, Some("甲")), (1, Some("甲")), (2, None)]));
    }
}
