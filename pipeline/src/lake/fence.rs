//! Keeps a writer that lost the lease from committing, without trusting clocks.
//!
//! A paused or disconnected holder may wake up after another machine took the lease over, and commit. Object stores have no
//! condition over two objects, so that no put can check the lease. Therefore the new holder *seals* every table before it does
//! anything else: a commit without rows, which carries its fencing number as the application transaction `lease`.
//!
//! - The earlier holder has opened a table before the seal: its commit has the version of the seal, and put-if-absent refuses it.
//! - It opens the table after the seal: it reads a greater number than its own, and refuses to commit.
//! - Its commit arrives before the seal: then it happened before the new holder read the table, like any earlier commit.
//!
//! So no table changes behind the new holder, and files that no version of a sealed table names belong to nobody: vacuum may
//! delete them however young they are. Every commit carries the number, so that sealing is needed after a take-over only. A table
//! that the earlier holder creates later is sealed before it is vacuumed.

use chrono::{DateTime, Utc};

use super::holder::CommitOnItsWay;
use super::lease::LeaseObject;
use super::{CommitInfo, CommitMode, Lake, LakeError, LakeTable, Written};

/// The application transaction whose number is that of the lease under which a table was committed last.
pub(super) const TRANSACTION: &str = "lease";

/// The permission for one commit.
#[derive(Debug)]
pub(super) struct Permission {
    number: i64,
    commit: CommitOnItsWay,
}

impl Permission {
    pub(super) fn number(&self) -> i64 {
        self.number
    }

    /// Says that the commit either happened or never will.
    pub(super) fn resolve(self) {
        self.commit.resolve();
    }
}

impl Lake {
    /// Returns the permission for a commit to a table that was committed last under the lease `seen`; `None` for a local lake,
    /// whose lock ends with its process.
    pub(super) async fn permit(&self, table: &str, seen: Option<i64>) -> Result<Option<Permission>, LakeError> {
        let Some(object) = self.lease_object() else { return Ok(None) };
        let Some(hold) = self.current_hold() else { return Err(LakeError::NotLocked { table: table.to_owned() }) };
        let lost = |owner: String| LakeError::LeaseLost { table: table.to_owned(), owner };
        let number = hold.lease().number;
        // The seals alone keep the tables safe. This check ends a run earlier, and covers tables that did not exist then.
        match object.read().await? {
            Some(found) if found.lease.is_of_same_hold(hold.lease()) && !hold.is_lost() => {}
            found => return Err(lost(found.map_or_else(|| "nobody".to_owned(), |found| found.lease.owner))),
        }
        if seen.is_some_and(|seen| seen > number) {
            return Err(lost("another machine".to_owned()));
        }
        Ok(Some(Permission { number, commit: hold.begin_commit() }))
    }

    /// Seals all tables if the lease was taken over from a holder that may be alive.
    pub(super) async fn seal_tables(&self, object: &LeaseObject) -> Result<(), LakeError> {
        let Some(hold) = self.current_hold().filter(|hold| !hold.lease().sealed) else { return Ok(()) };
        let at = object.read_with_time().await?.map(|(_, at)| at).unwrap_or_default();
        for name in self.tables().await? {
            if let Some(table) = self.table(&name).await? {
                seal(table, at).await?;
            }
        }
        hold.set_sealed();
        Ok(())
    }
}

/// Makes a table reject commits of holders before the last take-over.
pub(super) async fn seal(mut table: LakeTable, at: DateTime<Utc>) -> Result<LakeTable, LakeError> {
    let Some(hold) = table.lake.current_hold() else { return Ok(table) };
    let lease = hold.lease();
    while table.transaction(TRANSACTION).unwrap_or(0) < lease.fence {
        let info = CommitInfo { operation: "seal".to_owned(), run_id: "lease".to_owned(), at };
        let number = vec![(TRANSACTION.to_owned(), lease.number)];
        match table.commit(Written::default(), CommitMode::Append, number, info).await {
            // The earlier holder committed at the same moment; the table is at that version now.
            Ok(_) | Err(LakeError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(table)
}
