//! Runs the checks, queries that must return no rows. If one returns rows, nothing is published.

use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::prelude::SessionContext;

use super::execution::collect;
use super::session::Parameters;
use super::{BuildError, staged_query};

macro_rules! check {
    ($table:literal, $requirement:literal) => {
        Check {
            table: $table,
            name: concat!($table, "__", $requirement),
            sql: include_str!(concat!("../../sql/checks/", $table, "__", $requirement, ".sql")),
        }
    };
}

struct Check {
    table: &'static str,
    name: &'static str,
    sql: &'static str,
}

const CHECKS: &[Check] = &[
    check!("interactions", "known_kinds"),
    check!("interactions", "sign_ups_have_states"),
    check!("sign_up_states", "one_per_member_and_activity"),
    check!("items", "unique_and_known"),
    check!("member_states", "unique_and_in_range"),
    check!("member_states", "include_everyone_who_acted"),
    check!("sessions", "contain_every_read"),
    check!("preferences", "are_shares"),
    check!("topic_by_age_band", "readers_are_people"),
    check!("popularity", "reach_is_a_share"),
    check!("item_activity", "totals_reconcile"),
    check!("union_activity", "at_most_all_members"),
    check!("daily", "totals_reconcile"),
];

/// The name and SQL of every check.
#[cfg(test)]
pub(super) fn queries() -> impl Iterator<Item = (&'static str, &'static str)> {
    CHECKS.iter().map(|check| (check.name, check.sql))
}

/// Runs the checks of the tables for which `was_rebuilt` returns true.
pub(super) async fn run(
    session: &SessionContext,
    parameters: &Parameters,
    was_rebuilt: impl Fn(&str) -> bool,
) -> Result<(), BuildError> {
    for check in CHECKS.iter().filter(|check| was_rebuilt(check.table)) {
        let frame = staged_query::plan(session, check.sql, parameters, check.table).await?;
        let batches = collect(frame, check.table).await?;
        let mut examples = Vec::new();
        for batch in &batches {
            let options = FormatOptions::new().with_null("missing");
            let mut columns = Vec::new();
            for (column, field) in batch.columns().iter().zip(batch.schema_ref().fields()) {
                let formatter = ArrayFormatter::try_new(column.as_ref(), &options);
                columns.push((
                    field.name().clone(),
                    formatter.map_err(|error| BuildError::query(check.table)(error.into()))?,
                ));
            }
            for row in 0..batch.num_rows() {
                let cells: Vec<String> =
                    columns.iter().map(|(name, formatter)| format!("{name} = {}", formatter.value(row))).collect();
                examples.push(cells.join(", "));
            }
        }
        if !examples.is_empty() {
            examples.truncate(5);
            return Err(BuildError::Check { table: check.table.to_owned(), check: check.name.to_owned(), examples });
        }
    }
    Ok(())
}
