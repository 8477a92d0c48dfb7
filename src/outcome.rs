//! Outcomes of a command as exit codes: 0 done, 1 refused, 2 could not start.

use std::process::ExitCode;

use thiserror_marker::Refusal;

/// The outcome of a completed command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was done. Rejected rows are part of that.
    Done,
    /// Something was refused: a file, a data check, or a failed check of doctor.
    Refused,
}

impl Outcome {
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

/// Marks an error as a refusal, which ends the program with code 1.
pub(crate) fn refuse(error: impl Into<anyhow::Error>) -> anyhow::Error {
    error.into().context(Refusal)
}

/// Returns 1 for a refusal, 2 for an error that kept the command from starting.
pub(crate) fn exit_code_of(error: &anyhow::Error) -> ExitCode {
    if error.is::<Refusal>() { ExitCode::from(1) } else { ExitCode::from(2) }
}

mod thiserror_marker {
    /// Marker of a refusal in an error chain. Not part of the message.
    #[derive(Debug)]
    pub(crate) struct Refusal;

    impl std::fmt::Display for Refusal {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("refused")
        }
    }
}
