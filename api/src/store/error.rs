//! Errors of the databases, and how callers see them.

use thiserror::Error;

use crate::middleware::problem::{Code, Problem};

/// Error of a database operation.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database failed.
    #[error("{0}; {remedy}", remedy = remedy(.0))]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("{0}; the file may come from a later version of this program")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The address of a database server is invalid.
    #[error(
        "database: {0}; write for example url = \"postgres://zhihui@db.example/zhihui\" below [database] in zhihui.toml"
    )]
    BadServer(String),
    /// Rows are copied into an empty database only.
    #[error("the table {0} is not empty; copy into an empty database or schema")]
    NotEmpty(String),
    /// No valid key has this id or name.
    #[error("no valid key {0:?}; run `zhihui key list` to list the keys")]
    UnknownKey(String),
    /// Several valid keys have this name.
    #[error("several valid keys are named {name:?}; revoke by id: {}", ids.join(", "))]
    AmbiguousKey {
        /// The name.
        name: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// The name of a key or account is invalid.
    #[error("invalid name {0:?}; use 1 to 64 letters or digits without control characters")]
    BadName(String),
    /// An account of this name exists.
    #[error("account {0:?} already exists; remove it first or choose another name")]
    UserExists(String),
    /// No account has this name.
    #[error("no account {0:?}; run `zhihui user list` to list the accounts")]
    UnknownUser(String),
    /// The hashes of erased members of two homes cannot be merged.
    #[error("the two databases belong to different homes; restore into an empty folder")]
    OtherSalt,
    /// Only staff can be limited to a union.
    #[error("only staff can be limited to a union; omit --union, or use the role staff")]
    UnionForStaff,
    /// The role backend is for keys only.
    #[error("an account cannot have the role backend; create a key with `zhihui key add NAME --scope backend`")]
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
    /// The audit log was changed.
    #[error("the audit log is broken: entry {seq} {what}; keep zhihui.db as it is and compare it with a backup")]
    AuditBroken {
        /// The first bad entry.
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

/// What to do about an error of the database: a server sends a code of five characters, or cannot be reached at all.
fn remedy(error: &sqlx::Error) -> &'static str {
    let of_server = |error: &dyn sqlx::error::DatabaseError| error.code().is_some_and(|code| code.len() == 5);
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::Tls(_) => {
            "check that the database can be reached, or that the home is writable and the disk is not full"
        }
        sqlx::Error::Database(error) if of_server(error.as_ref()) => "check the database server and its log",
        _ => "check that the home is writable and the disk is not full",
    }
}

impl StoreError {
    /// The error of a stored value that cannot be read.
    pub(crate) fn damaged(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Database(sqlx::Error::Decode(what.into()))
    }

    /// Logs a failed read and hides its cause from the caller.
    pub(crate) fn read_problem(self) -> Problem {
        tracing::error!(error = %self, "the database could not be read");
        Problem::new(Code::Internal, "the database could not be read; see the log of the service")
    }

    /// Logs a failed write and hides its cause from the caller. The caller's action must not be performed then.
    pub(crate) fn write_problem(self) -> Problem {
        tracing::error!(error = %self, "the database could not be written");
        Problem::new(
            Code::Internal,
            "nothing was changed, because the database could not be written; see the log of the service",
        )
    }
}

/// Trims a name and checks that it has 1 to 64 characters without control characters.
pub(crate) fn checked_name(name: &str) -> Result<&str, StoreError> {
    let trimmed = name.trim();
    let fits = (1..=64).contains(&trimmed.chars().count()) && !trimmed.chars().any(char::is_control);
    if fits { Ok(trimmed) } else { Err(StoreError::BadName(name.to_owned())) }
}
