//! Runs a build: interactions, the tables derived from them, the checks, then one commit per table.

use zhihui_data::Table;

use super::context::BuildContext;
use super::fingerprint::Fingerprint;
use super::inputs::{self, Inputs};
use super::openid_owners::OpenidOwners;
use super::{
    BuildError, BuildOptions, BuildReport, BuiltTable, checks, interactions, monthly_tables, steps, topic_shares,
};
use crate::lake::Lake;

/// The contract tables of which a build reads the current row of each key.
const KEYED: &[Table] = &[Table::Unions, Table::Members, Table::Memberships, Table::Articles, Table::Activities];

/// Builds the tables below `built/` as of `options.as_of` and reports the status of each.
///
/// Keeps a table whose inputs, parameters and SQL are those of the last build on the same day. Calls `progress` for each table
/// when its rows are written. The caller must hold the lake's lock.
///
/// # Errors
/// [`BuildError::Check`] if a table fails a check; nothing is published then. [`BuildError::Query`] if a query fails or needs
/// too much memory, [`BuildError::Lake`] if the lake cannot be read or written.
pub async fn build(
    lake: &Lake,
    options: &BuildOptions,
    progress: &(dyn Fn(&BuiltTable) + Send + Sync),
) -> Result<BuildReport, BuildError> {
    options.check()?;
    let inputs = Inputs::open(lake).await?;
    let (mut context, owners) = prepared(lake, options, &inputs, progress).await?;
    for steps in steps::BEFORE_INTERACTIONS {
        context.run_steps(steps).await?;
    }
    let interactions = interactions::build(&mut context, &inputs, &owners).await?;
    monthly_tables::build(&mut context, &interactions).await?;
    for steps in steps::BEFORE_TOPIC_SHARES {
        context.run_steps(steps).await?;
    }
    topic_shares::build(&mut context).await?;
    for steps in steps::AFTER_TOPIC_SHARES {
        context.run_steps(steps).await?;
    }
    checks::run(&context.session, &context.parameters, |table| context.was_rebuilt(table)).await?;
    context.commit_all().await?;
    Ok(BuildReport {
        as_of: options.as_of.to_rfc3339(),
        unresolved: context.new_state.values().map(|state| state.unresolved.unsigned_abs()).sum(),
        tables: context.tables,
    })
}

/// Starts a build: registers the contract tables and the owners of openids.
pub(super) async fn prepared<'a>(
    lake: &'a Lake,
    options: &'a BuildOptions,
    inputs: &Inputs,
    progress: &'a (dyn Fn(&BuiltTable) + Send + Sync),
) -> Result<(BuildContext<'a>, OpenidOwners), BuildError> {
    let mut context = BuildContext::new(lake, options, progress).await?;
    for &table in KEYED {
        let fingerprint = inputs.register_current(&context.session, table, options.as_of).await?;
        context.record_fingerprint(table.name(), &fingerprint);
    }
    register_sign_ups(&mut context, inputs).await?;
    register_member_events(&mut context, inputs).await?;
    let owners = OpenidOwners::register(&mut context).await?;
    Ok((context, owners))
}

/// Registers the events of members about themselves: follows, binds and consent.
async fn register_member_events(context: &mut BuildContext<'_>, inputs: &Inputs) -> Result<(), BuildError> {
    let name = Table::MemberEvents.name();
    let files = inputs.files(Table::MemberEvents);
    let fingerprint = Fingerprint::default().with_files(&files);
    inputs.register_files(&context.session, "raw_member_events", Table::MemberEvents, files.clone())?;
    inputs.register_files(&context.session, name, Table::MemberEvents, files)?;
    let sql = "select count(*) from member_events where at < $as_of";
    let visible = inputs::count(&context.session, sql, &context.parameters, name).await?;
    context.record_fingerprint(name, &fingerprint.with(visible.to_le_bytes()));
    Ok(())
}

/// Registers every row of the sign-ups, because the current one depends on the owners of openids.
async fn register_sign_ups(context: &mut BuildContext<'_>, inputs: &Inputs) -> Result<(), BuildError> {
    let name = Table::SignUps.name();
    let files = inputs.files(Table::SignUps);
    let fingerprint = Fingerprint::default().with_files(&files);
    inputs.register_files(&context.session, name, Table::SignUps, files)?;
    let sql = "select count(*), count(*) filter (where coalesce(updated_at, signed_up_at) < $as_of) \
               from sign_ups where signed_up_at < $as_of";
    let visible = inputs::counts(&context.session, sql, &context.parameters, name).await?;
    let fingerprint = visible.iter().fold(fingerprint, |fingerprint, rows| fingerprint.with(rows.to_le_bytes()));
    context.record_fingerprint(name, &fingerprint);
    Ok(())
}
