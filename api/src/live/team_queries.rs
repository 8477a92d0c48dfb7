//! What teams ask the published engine for. `team_answers` implements it.

use zhihui_engine::Reason;
use zhihui_engine::answer::Language;
use zhihui_engine::report::MinGroupSize;
use zhihui_engine::teams::{NoTeams, NotReady, TeamMate, TeamRequest};

/// The queries of teams. The defaults are those of an engine without activities.
pub trait TeamQueries {
    /// Members in a team of an activity.
    ///
    /// # Errors
    /// [`NoTeams`] if members cannot be matched for the item at `now`.
    fn team_size(&self, _item_id: &str, _now: i64) -> Result<u32, NoTeams> {
        Err(NoTeams::UnknownItem)
    }

    /// Whether a member may be matched for an activity.
    ///
    /// # Errors
    /// [`NoTeams`], as [`TeamQueries::team_size`].
    fn team_readiness(&self, _member_id: &str, _item_id: &str, _now: i64) -> Result<Result<(), NotReady>, NoTeams> {
        Err(NoTeams::UnknownItem)
    }

    /// Whether a member may be matched for any activity.
    fn wants_team_mates(&self, _member_id: &str) -> bool {
        false
    }

    /// Members whom another could be in a team with, best first.
    ///
    /// # Errors
    /// [`NoTeams`], as [`TeamQueries::team_size`].
    fn suggest_team_mates(&self, _request: &TeamRequest<'_>) -> Result<Vec<TeamMate>, NoTeams> {
        Err(NoTeams::UnknownItem)
    }

    /// What two members share, as sentences for the first one.
    fn shared_traits(
        &self,
        _pair: (&str, &str),
        _item_id: &str,
        _min_group: MinGroupSize,
        _language: Language,
    ) -> Vec<Reason> {
        Vec::new()
    }

    /// A member's openid, for team-mates.
    fn team_openid(&self, _member_id: &str) -> Option<String> {
        None
    }
}
