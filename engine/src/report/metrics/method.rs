//! How a metric is computed, as reports show it beside the definition.

use crate::report::{MinGroupSize, Sentence};

/// An arm with at least this many members may be shown with any number of responses, because its members were drawn at random.
pub const LARGE_ARM_SIZE: u64 = 100;

/// The people that must not be a small group for a metric to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinimumGroup {
    /// The metric is not about people.
    Nobody,
    /// Those who are counted, and those who are not.
    People,
    /// Both arms of pushes, or those who responded and who did not.
    Arms,
    /// A tenth of those who attended.
    TopTenth,
}

impl MinimumGroup {
    /// The rule in words. `None` if there is none.
    #[must_use]
    pub fn sentence(self, min_size: MinGroupSize) -> Option<Sentence> {
        let k = min_size.people();
        let (zh, en) = match self {
            Self::Nobody => return None,
            Self::People => (
                format!("计入的和未计入的会员都不少于 {k} 人，或为 0 人"),
                format!("{k} members or nobody, both of those counted and of those left out"),
            ),
            Self::Arms => (
                format!("两组各不少于 {LARGE_ARM_SIZE} 人，否则有响应和无响应的会员都不少于 {k} 人，或为 0 人"),
                format!(
                    "{LARGE_ARM_SIZE} members in both arms, else {k} or nobody, both who responded and who did not"
                ),
            ),
            Self::TopTenth => (format!("到场会员不少于 {} 人", 10 * k), format!("{} members who attended", 10 * k)),
        };
        Some(Sentence { zh, en })
    }
}
