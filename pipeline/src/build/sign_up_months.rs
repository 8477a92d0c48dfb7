//! The interactions of sign-ups by month. All of them are made at once, because a row depends on earlier and later rows of its
//! sign-up in any month; a month is written again only if its rows changed.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, StringArray};
use arrow::compute::kernels::cmp::eq;
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use datafusion::common::DataFusionError;
use futures::StreamExt;
use zhihui_data::Table;

use super::context::BuildContext;
use super::execution::{Streams, execute};
use super::fingerprint;
use super::partitioned_table::PlannedPartition;
use super::session::parameter;
use super::state::TableState;
use super::{BuildError, openid_owners, staged_query};
use crate::lake::RowsHash;
use crate::lake::raw::month_of;

/// The name in the build state of all of them, before the slash and the month.
const STATE: &str = "interactions/sign_ups";
/// The transient table of all of them, with the column `month`.
const ALL: &str = "sign_up_interactions";
/// The columns of `interactions`.
const OF_MONTH: &str =
    "select member_id, item_id, kind, at, weight, dwell_seconds, read_fraction, push_id, propensity, explored
from sign_up_interactions
where month = $month";

/// The sign-ups of one month in the configured zone.
pub(super) struct SignUpMonth {
    pub(super) month: String,
    /// Of its rows.
    fingerprint: String,
}

/// Returns the months of sign-ups, at least that of the build's instant, so that `interactions` exists without any.
pub(super) async fn find(context: &mut BuildContext<'_>) -> Result<Vec<SignUpMonth>, BuildError> {
    let fingerprint = context.fingerprint(OF_MONTH, &[ALL]).hex();
    if let Some(state) = context.last_state.get(STATE).filter(|state| state.fingerprint == fingerprint).cloned() {
        let months = context.last_state.iter().filter_map(|(full_name, state)| {
            let month = full_name.strip_prefix(STATE)?.strip_prefix('/')?.to_owned();
            Some(SignUpMonth { month, fingerprint: state.fingerprint.clone() })
        });
        let months = months.collect();
        context.new_state.insert(STATE.to_owned(), state);
        return Ok(months);
    }
    let unresolved = openid_owners::unresolved_in(context, (Table::SignUps.name(), "signed_up_at")).await?;
    context.new_state.insert(STATE.to_owned(), TableState { fingerprint, unresolved, ..TableState::default() });
    let this_month = month_of(context.options.zone, context.options.as_of.timestamp_micros());
    context.make_transient_inputs(&[ALL]).await?;
    let frame = context.session.table(ALL).await.map_err(BuildError::query(ALL))?;
    let read = execute(frame, ALL, Streams::One, async |streams| {
        let mut months = BTreeMap::from([(this_month.clone(), RowsHash::default())]);
        for mut stream in streams {
            while let Some(batch) = stream.next().await {
                let added = batch.and_then(|batch| add(&mut months, &batch));
                added.map_err(BuildError::query(ALL))?;
            }
        }
        Ok(months)
    });
    let months = read.await?;
    let of_weights = fingerprint::of_weights(context.options).with(OF_MONTH);
    let months = months.into_iter().map(|(month, rows)| {
        let fingerprint = of_weights.clone().with(rows.to_le_bytes()).hex();
        SignUpMonth { month, fingerprint }
    });
    Ok(months.collect())
}

/// Adds the rows of a batch to the hashes of their months.
fn add(months: &mut BTreeMap<String, RowsHash>, batch: &RecordBatch) -> Result<(), DataFusionError> {
    let column = batch.column_by_name("month").ok_or_else(|| DataFusionError::Internal("no month".to_owned()))?;
    let column = cast(column, &DataType::Utf8)?;
    let mut left = batch.clone();
    let mut of_rows = column.as_string::<i32>().clone();
    while !of_rows.is_empty() {
        let month = of_rows.value(0).to_owned();
        let is_in_month = eq(&of_rows, &StringArray::new_scalar(&month))?;
        months.entry(month).or_default().add(&filter_record_batch(&left, &is_in_month)?)?;
        let is_in_other = arrow::compute::not(&is_in_month)?;
        of_rows = arrow::compute::filter(&of_rows, &is_in_other)?.as_string::<i32>().clone();
        left = filter_record_batch(&left, &is_in_other)?;
    }
    Ok(())
}

impl SignUpMonth {
    pub(super) fn state(&self) -> TableState {
        TableState { fingerprint: self.fingerprint.clone(), ..TableState::default() }
    }

    pub(super) async fn plan(&self, context: &mut BuildContext<'_>) -> Result<PlannedPartition, BuildError> {
        context.make_transient_inputs(&[ALL]).await?;
        let mut parameters = context.parameters.clone();
        parameters.push(parameter("month", self.month.as_str()));
        let frame = staged_query::plan(&context.session, OF_MONTH, &parameters, ALL).await?;
        Ok(PlannedPartition { frame, rows: 0, unresolved: 0 })
    }
}
