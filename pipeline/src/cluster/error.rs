//! Errors of a scheduler, an executor, and of the connection to them.

/// Why a part of a cluster cannot work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The program was compiled without the feature `cluster`.
    #[error(
        "this build of zhihui has no cluster support; compile it with `cargo build --release --features cluster`, or remove \
         [cluster] from zhihui.toml"
    )]
    NotCompiled,
    /// A scheduler or executor could not start or stopped.
    #[error("the {part} on {address}: {reason}")]
    Stopped {
        /// `scheduler` or `executor`.
        part: &'static str,
        /// The address of its port.
        address: String,
        /// The reason.
        reason: String,
    },
    /// A certificate or key cannot be used.
    #[error("[cluster.tls] of zhihui.toml: {0}")]
    Tls(String),
}

/// An error with its causes, which transport errors leave out of their text.
#[cfg(feature = "cluster")]
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
