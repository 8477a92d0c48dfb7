//! Why the database could not do what was asked.

use thiserror::Error;

/// Why the database could not do what was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite refused.
    #[error("{0}; check that the home is writable and the disk is not full")]
    Database(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("{0}; it may come from a later version of this program")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// No valid key has this id or name.
    #[error("no valid key {0:?}; `zhihui key list` shows them")]
    UnknownKey(String),
    /// Several valid keys have this name.
    #[error("several valid keys are named {name:?}; revoke by id: {}", ids.join(", "))]
    AmbiguousKey {
        /// The name.
        name: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// The name of a key or account cannot be taken.
    #[error("the name {0:?} cannot be taken; use 1 to 64 letters or digits without control characters")]
    BadName(String),
    /// An account of this name exists.
    #[error("there is already an account {0:?}; remove it first or choose another name")]
    UserExists(String),
    /// No account has this name.
    #[error("no account {0:?}; `zhihui user list` shows them")]
    UnknownUser(String),
    /// The lists of erased members of two homes cannot be joined.
    #[error("the two databases are of different homes; restore into a home of its own")]
    OtherSalt,
    /// Only staff are limited to a union.
    #[error("only staff can be limited to a union; leave --union out, or use the role staff")]
    UnionForStaff,
    /// Programs use keys.
    #[error("an account cannot have the role backend; make a key with `zhihui key add NAME --scope backend`")]
    BackendUser,
    /// The password is too short or too long.
    #[error("the password must have {least} to {most} characters")]
    BadPassword {
        /// Fewest characters.
        least: usize,
        /// Most characters.
        most: usize,
    },
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// The audit log is not what was written.
    #[error("the audit log is broken: entry {seq} {what}; keep zhihui.db as it is and compare it with a backup")]
    AuditBroken {
        /// The first entry at fault.
        seq: i64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The system's random generator failed.
    #[error("the system's random generator failed; try again")]
    NoRandomness,
    /// A background task ended early.
    #[error("a background task ended early; try again")]
    Interrupted,
}

/// A name as it is kept: trimmed, 1 to 64 characters, none of them a control character.
pub(super) fn checked_name(name: &str) -> Result<&str, StoreError> {
    let trimmed = name.trim();
    let fits = (1..=64).contains(&trimmed.chars().count()) && !trimmed.chars().any(char::is_control);
    if fits { Ok(trimmed) } else { Err(StoreError::BadName(name.to_owned())) }
}
