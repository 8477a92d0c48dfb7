//! What the daily figures of saved audiences ask the published engine for. `day_answers` implements it.

use zhihui_engine::audience::RuleMembers;

use super::audience_query::AudienceQuery;
use super::query_error::QueryError;

/// What the daily figures of saved audiences need.
pub trait DayQueries {
    /// The members who meet a rule; with `within`, only members of that union subtree.
    ///
    /// # Errors
    /// [`QueryError`] if the rule is invalid for the published snapshot.
    fn rule_members(&self, query: &AudienceQuery, now: i64) -> Result<RuleMembers, QueryError>;

    /// The ids of all members by row; `None` for those who were erased.
    fn member_ids(&self) -> Vec<Option<&str>>;

    /// The row of a member in the snapshot.
    fn member_row(&self, member_id: &str) -> Option<usize>;

    /// Whether staff may be shown that a member entered or left an audience: the member was not erased, and allows
    /// personalised lists. With `within`, only a member of that union subtree.
    fn may_be_listed(&self, member_id: &str, within: Option<&str>) -> bool;
}
