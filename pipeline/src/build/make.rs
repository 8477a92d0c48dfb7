//! The build: interactions, then the tables over them, then the checks, then one commit a table.

use zhihui_data::Table;

use super::desk::Desk;
use super::fingerprint::Fingerprint;
use super::inputs::{self, Inputs};
use super::{BuildError, BuildOptions, BuildReport, BuiltTable, checks, interactions, shares, steps};
use crate::lake::Lake;

/// The contract tables of which the build sees the current row of each key.
const KEYED: &[Table] = &[Table::Unions, Table::Members, Table::Memberships, Table::Articles, Table::Activities];

/// Builds the tables below `built/` as of `options.as_of`, and says what became of each.
///
/// Tables whose inputs, parameters and SQL are those of the last build on the same day stay as they are. `progress` hears of
/// each table when its rows are written. The caller holds the lake's lock.
///
/// # Errors
/// [`BuildError::Check`] when a table did not pass its checks: nothing is published then. [`BuildError::Query`] when memory
/// ran out, [`BuildError::Lake`] when the lake failed.
pub async fn build(
    lake: &Lake,
    options: &BuildOptions,
    progress: &(dyn Fn(&BuiltTable) + Send + Sync),
) -> Result<BuildReport, BuildError> {
    options.check()?;
    let inputs = Inputs::open(lake).await?;
    let mut desk = Desk::new(lake, options, progress).await?;
    for &table in KEYED {
        let fingerprint = inputs.register_current(&desk.session, table, options.as_of).await?;
        desk.know(table.name(), &fingerprint);
    }
    know_sign_ups(&mut desk, &inputs).await?;
    know_member_events(&mut desk, &inputs).await?;
    let actors = interactions::register_actors(&mut desk).await?;
    for side_by_side in steps::SIGN_UPS {
        desk.steps(side_by_side).await?;
    }
    interactions::build(&mut desk, &inputs, &actors).await?;
    for side_by_side in steps::BEFORE_SHARES {
        desk.steps(side_by_side).await?;
    }
    shares::build(&mut desk).await?;
    for side_by_side in steps::AFTER_SHARES {
        desk.steps(side_by_side).await?;
    }
    checks::run(&desk.session, &desk.parameters, |table| desk.made(table)).await?;
    desk.publish().await?;
    Ok(BuildReport {
        as_of: options.as_of.to_rfc3339(),
        unresolved: desk.after.values().map(|memory| memory.unresolved.unsigned_abs()).sum(),
        tables: desk.tables,
    })
}

/// Registers what members said about themselves.
async fn know_member_events(desk: &mut Desk<'_>, inputs: &Inputs) -> Result<(), BuildError> {
    let name = Table::MemberEvents.name();
    let files = inputs.files(Table::MemberEvents);
    let fingerprint = Fingerprint::default().with_files(&files);
    inputs.register_files(&desk.session, "raw_member_events", Table::MemberEvents, files.clone())?;
    inputs.register_files(&desk.session, name, Table::MemberEvents, files)?;
    let sql = "select count(*) from member_events where at < $as_of";
    let visible = inputs::count(&desk.session, sql, &desk.parameters, name).await?;
    desk.know(name, &fingerprint.with(visible.to_le_bytes()));
    Ok(())
}

/// Registers the raw sign-ups with all that was ever told of them: the standing row depends on whose openid is whose.
async fn know_sign_ups(desk: &mut Desk<'_>, inputs: &Inputs) -> Result<(), BuildError> {
    let name = Table::SignUps.name();
    let files = inputs.files(Table::SignUps);
    let fingerprint = Fingerprint::default().with_files(&files);
    inputs.register_files(&desk.session, name, Table::SignUps, files)?;
    let sql = "select count(*), count(*) filter (where coalesce(updated_at, signed_up_at) < $as_of) \
               from sign_ups where signed_up_at < $as_of";
    let visible = inputs::counts(&desk.session, sql, &desk.parameters, name).await?;
    let fingerprint = visible.iter().fold(fingerprint, |print, rows| print.with(rows.to_le_bytes()));
    desk.know(name, &fingerprint);
    Ok(())
}
