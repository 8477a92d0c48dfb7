//! The table `ages`, which gives queries the age band of each age in years.

use std::sync::Arc;

use datafusion::arrow::array::{Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use zhihui_data::snapshot::AgeBands;

/// The highest age that a birth date can give, in years.
const MAX_AGE: u32 = 200;

/// Registers the table `ages` with the columns `age` and `age_band`.
pub(super) fn register(session: &SessionContext, bands: &AgeBands) -> Result<(), DataFusionError> {
    let label = |age: u32| bands.label(usize::from(bands.band_of(age)));
    let ages = Int64Array::from_iter_values((0..=MAX_AGE).map(i64::from));
    let labels = StringArray::from_iter_values((0..=MAX_AGE).map(label));
    let fields = vec![Field::new("age", DataType::Int64, false), Field::new("age_band", DataType::Utf8, false)];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(ages), Arc::new(labels)])?;
    session.register_batch("ages", batch).map(|_| ())
}
