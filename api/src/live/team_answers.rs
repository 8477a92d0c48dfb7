//! The published engine's answers for teams.

use zhihui_engine::Reason;
use zhihui_engine::answer::Language;
use zhihui_engine::report::MinGroupSize;
use zhihui_engine::teams::{NoTeams, NotReady, TeamMate, TeamRequest};

use super::published_engine::PublishedEngine;
use super::team_queries::TeamQueries;

impl TeamQueries for PublishedEngine {
    fn team_size(&self, item_id: &str, now: i64) -> Result<u32, NoTeams> {
        self.engine().team_size(item_id, now)
    }

    fn team_readiness(&self, member_id: &str, item_id: &str, now: i64) -> Result<Result<(), NotReady>, NoTeams> {
        self.engine().team_readiness(&self.overlay(), member_id, item_id, now)
    }

    fn wants_team_mates(&self, member_id: &str) -> bool {
        self.engine().wants_team_mates(&self.overlay(), member_id)
    }

    fn suggest_team_mates(&self, request: &TeamRequest<'_>) -> Result<Vec<TeamMate>, NoTeams> {
        self.engine().suggest_team_mates(&self.overlay(), request)
    }

    fn shared_traits(
        &self,
        pair: (&str, &str),
        item_id: &str,
        min_group: MinGroupSize,
        language: Language,
    ) -> Vec<Reason> {
        self.engine().shared_traits(&self.overlay(), pair, item_id, min_group, language)
    }

    fn team_openid(&self, member_id: &str) -> Option<String> {
        self.engine().team_openid(&self.overlay(), member_id)
    }
}
