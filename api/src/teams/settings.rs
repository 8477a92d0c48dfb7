//! Limits of teams.

/// Limits of teams, `[teams]` of `zhihui.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamSettings {
    /// How long an invitation, and the token of a suggestion, is valid, in seconds.
    pub invitation_seconds: i64,
    /// Maximum number of open invitations of one member for one activity.
    pub open_invitations: usize,
    /// Maximum number of new suggestions to one member within 24 hours.
    pub suggestions_per_day: usize,
}

impl Default for TeamSettings {
    fn default() -> Self {
        Self { invitation_seconds: 72 * 3_600, open_invitations: 5, suggestions_per_day: 20 }
    }
}
