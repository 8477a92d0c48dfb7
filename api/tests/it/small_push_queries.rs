//! Queries of saved audiences and push lists over the small state: every rule counts the same, and nobody responds.

use zhihui_api::{
    AudienceQuery, AudienceVisitor, ConditionResult, ListMember, PushQueries, QueryError, Responses, TeamQueries,
    TicketPool,
};
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::audience::{AudienceResult, Preview, Recheck, Undeliverable, Variant};

use crate::support::Small;

impl TeamQueries for Small {}

impl PushQueries for Small {
    fn count_rule(&self, _query: &AudienceQuery, _now: i64) -> Result<usize, QueryError> {
        Ok(90)
    }

    fn explain_rule(
        &self,
        _query: &AudienceQuery,
        member_id: &str,
        _now: i64,
    ) -> Result<Option<Vec<ConditionResult>>, QueryError> {
        Ok((member_id == "m1").then(|| vec![ConditionResult { path: String::new(), holds: true }]))
    }

    fn known_members(&self, ids: &[String], _within: Option<&str>) -> Vec<Option<String>> {
        ids.iter().map(|id| matches!(id.as_str(), "m1" | "o1").then(|| "m1".to_owned())).collect()
    }

    fn undeliverable(&self, member_ids: &[&str]) -> Vec<Option<Undeliverable>> {
        vec![None; member_ids.len()]
    }

    fn recheck(
        &self,
        _query: &AudienceQuery,
        _now: i64,
        member_ids: &[&str],
        _recheck: Recheck,
    ) -> Result<Vec<Option<&'static str>>, QueryError> {
        Ok(vec![None; member_ids.len()])
    }

    fn responses(&self, _item_id: &str, _sent_at: i64, _member_ids: &[&str]) -> Responses {
        Responses::default()
    }

    fn ticket_pool(&self, _item_id: &str) -> Option<TicketPool> {
        None
    }

    fn frozen_audience(
        &self,
        (preview, _): (&Preview, &[Variant]),
        _members: &[ListMember],
        visit: &mut AudienceVisitor<'_>,
    ) {
        let (rows, variants) = (Vec::new(), Vec::new());
        visit(&Snapshot::default(), &AudienceResult { preview: preview.clone(), rows, variants });
    }
}
