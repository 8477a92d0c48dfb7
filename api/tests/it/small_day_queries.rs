//! Queries of the days of saved audiences over the small state: every rule selects the same members.

use zhihui_api::{AudienceQuery, DayQueries, QueryError};
use zhihui_engine::audience::RuleMembers;

use crate::support::Small;

/// Ids of the members, by row.
const MEMBERS: [&str; 3] = ["m1", "m2", "m3"];

impl DayQueries for Small {
    fn rule_members(&self, _query: &AudienceQuery, _now: i64) -> Result<RuleMembers, QueryError> {
        Ok(RuleMembers { rows: vec![0, 2], reachable: 1 })
    }

    fn member_ids(&self) -> Vec<Option<&str>> {
        MEMBERS.map(Some).to_vec()
    }

    fn member_row(&self, member_id: &str) -> Option<usize> {
        MEMBERS.iter().position(|known| *known == member_id)
    }

    fn may_be_listed(&self, member_id: &str, _within: Option<&str>) -> bool {
        self.member_row(member_id).is_some()
    }
}
