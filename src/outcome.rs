//! How a command ended, as an exit code: 0 done, 1 something was refused, 2 could not start.

use std::process::ExitCode;

use thiserror_marker::Refusal;

/// How a command that ran to its end ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything asked was done; rejected rows are part of that.
    Done,
    /// Something was refused: a file, a check, a `fail` of doctor.
    Refused,
}

impl Outcome {
    /// `Refused` when `refused` holds.
    pub(crate) fn refused_if(refused: bool) -> Self {
        if refused { Self::Refused } else { Self::Done }
    }

    pub(crate) fn exit_code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Refused => ExitCode::from(1),
        }
    }
}

/// Turns an error into one that ends the program with 1: the program ran, but what was asked is refused.
pub(crate) fn refuse(error: impl Into<anyhow::Error>) -> anyhow::Error {
    error.into().context(Refusal)
}

/// 1 for a refusal, 2 for anything that kept the command from starting.
pub(crate) fn exit_code_of(error: &anyhow::Error) -> ExitCode {
    if error.is::<Refusal>() { ExitCode::from(1) } else { ExitCode::from(2) }
}

mod thiserror_marker {
    /// Marks an error chain as a refusal; it says nothing itself.
    #[derive(Debug)]
    pub(crate) struct Refusal;

    impl std::fmt::Display for Refusal {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("refused")
        }
    }
}
