//! `[teams]` of `zhihui.toml`: limits of suggestions of team-mates and of invitations.

use serde::Deserialize;

/// Limits of teams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TeamsConfig {
    /// Hours until an invitation, and the token of a suggestion, expires.
    pub invitation_hours: u32,
    /// Maximum number of open invitations of one member for one activity.
    pub open_invitations: usize,
    /// Maximum number of new suggestions to one member within 24 hours.
    pub suggestions_per_day: usize,
}

impl Default for TeamsConfig {
    fn default() -> Self {
        Self { invitation_hours: 72, open_invitations: 5, suggestions_per_day: 20 }
    }
}
