//! The published engine's answers for the daily figures of saved audiences.

use zhihui_engine::audience::RuleMembers;

use super::audience_query::AudienceQuery;
use super::day_queries::DayQueries;
use super::published_engine::PublishedEngine;
use super::push_answers::parse;
use super::query_error::QueryError;

impl DayQueries for PublishedEngine {
    fn rule_members(&self, query: &AudienceQuery, now: i64) -> Result<RuleMembers, QueryError> {
        let rule = parse(query)?;
        let (within, resolve) = (query.within.as_deref(), |id: &str| query.saved.resolve(id));
        let cancelled = || query.cancel.is_set();
        Ok(self.engine().rule_members(&self.overlay(), &rule, (within, now), &resolve, &cancelled)?)
    }

    fn member_ids(&self) -> Vec<Option<&str>> {
        self.engine().unerased_member_ids(&self.overlay())
    }

    fn member_row(&self, member_id: &str) -> Option<usize> {
        self.engine().member_row(member_id)
    }

    fn may_be_listed(&self, member_id: &str, within: Option<&str>) -> bool {
        self.engine().may_be_listed(&self.overlay(), member_id, within)
    }
}
