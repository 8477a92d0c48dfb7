//! The published engine's answers for saved audiences, frozen push lists and allocations.

use zhihui_data::ItemKind;
use zhihui_engine::Language;
use zhihui_engine::audience::{AudienceResult, AudienceRow, Preview, Recheck, Rule, Undeliverable, Variant};

use super::audience_query::AudienceQuery;
use super::published_engine::PublishedEngine;
use super::push_queries::{
    AudienceVisitor, ConditionResult, MemberResponse, PushQueries, Responses, Seats, TicketPool,
};
use super::query_error::QueryError;
use crate::push_lists::members::ListMember;

impl PushQueries for PublishedEngine {
    fn count_rule(&self, query: &AudienceQuery, now: i64) -> Result<usize, QueryError> {
        let rule = parse(query)?;
        let resolve = |id: &str| query.saved.resolve(id);
        Ok(self.engine().count_rule(&self.overlay(), &rule, query.within.as_deref(), now, &resolve)?)
    }

    fn explain_rule(
        &self,
        query: &AudienceQuery,
        member_id: &str,
        now: i64,
    ) -> Result<Option<Vec<ConditionResult>>, QueryError> {
        let rule = parse(query)?;
        let resolve = |id: &str| query.saved.resolve(id);
        let conditions =
            self.engine().explain_rule(&self.overlay(), &rule, member_id, (query.within.as_deref(), now), &resolve)?;
        let result = |(path, holds)| ConditionResult { path, holds };
        Ok(conditions.map(|conditions| conditions.into_iter().map(result).collect()))
    }

    fn known_members(&self, ids: &[String], within: Option<&str>) -> Vec<Option<String>> {
        let (engine, overlay) = (self.engine(), self.overlay());
        let member = |id: &String| {
            let row = engine.visible_member(&overlay, id, within)?;
            Some(engine.snapshot().members.id[row].clone())
        };
        ids.iter().map(member).collect()
    }

    fn undeliverable(&self, member_ids: &[&str]) -> Vec<Option<Undeliverable>> {
        let overlay = self.overlay();
        member_ids.iter().map(|id| self.engine().delivery(&overlay, id).err()).collect()
    }

    fn recheck(
        &self,
        query: &AudienceQuery,
        now: i64,
        member_ids: &[&str],
        recheck: Recheck,
    ) -> Result<Vec<Option<&'static str>>, QueryError> {
        let request = self.audience_request(query, now, Language::default())?;
        Ok(self.engine().recheck(&self.overlay(), &request, member_ids, recheck)?)
    }

    fn responses(&self, item_id: &str, sent_at: i64, member_ids: &[&str]) -> Responses {
        let (engine, overlay) = (self.engine(), self.overlay());
        let snapshot = engine.snapshot();
        let unknown = snapshot.age_bands.count() - 1;
        let response = |id: &&str| MemberResponse {
            age_band: engine.member_row(id).map_or(unknown, |row| usize::from(snapshot.members.age_band[row])),
            responded: engine.responded(&overlay, id, item_id, sent_at),
        };
        Responses {
            until: engine.responses_until(item_id, sent_at),
            age_bands: (0..snapshot.age_bands.count()).map(|band| snapshot.age_bands.label(band)).collect(),
            members: member_ids.iter().map(response).collect(),
            seats: engine.item_insight(&overlay, item_id, sent_at).and_then(|item| {
                let (capacity, left) = (item.capacity?, item.seats_left?);
                Some(Seats { capacity, taken: capacity.saturating_sub(left) })
            }),
        }
    }

    fn ticket_pool(&self, item_id: &str) -> Option<TicketPool> {
        let (engine, overlay) = (self.engine(), self.overlay());
        let item = engine
            .item_insight(&overlay, item_id, engine.snapshot().as_of)
            .filter(|item| item.kind != ItemKind::Article)?;
        Some(TicketPool {
            title: item.title,
            closes_at: item.closes_at,
            rules: engine.ticket_rules(item_id)?,
            requests: engine.ticket_requests(&overlay, item_id)?,
        })
    }

    fn frozen_audience(
        &self,
        (preview, variants): (&Preview, &[Variant]),
        members: &[ListMember],
        visit: &mut AudienceVisitor<'_>,
    ) {
        let (engine, overlay) = (self.engine(), self.overlay());
        let row = |member: &ListMember| {
            let delivery = engine.delivery(&overlay, &member.member_id).ok()?;
            Some(AudienceRow {
                rank: member.rank,
                member: delivery.member,
                openid: delivery.openid.to_owned(),
                arm: member.arm,
                hold_out: member.hold_out,
                variant: variants.iter().position(|variant| Some(&variant.name) == member.variant.as_ref()),
                probability: member.probability,
                reasons: member.reasons.clone(),
            })
        };
        let rows = members.iter().filter_map(row).collect();
        visit(engine.snapshot(), &AudienceResult { preview: preview.clone(), rows, variants: variants.to_vec() });
    }
}

/// The rule of a query; all members if there is none.
pub(super) fn parse(query: &AudienceQuery) -> Result<Rule, QueryError> {
    let everybody = || serde_json::json!({});
    Ok(Rule::parse(query.rule.as_ref().unwrap_or(&everybody()))?)
}
