//! The published engine's plans of several items, and its look-alikes.

use zhihui_engine::Language;
use zhihui_engine::audience::{BandPlan, BandPlanRequest, LookAlikes, LookAlikesRequest, Rule, Seed};

use super::audience_query::AudienceQuery;
use super::plan_queries::{BandPlanQuery, LookAlikesQuery, PlanQueries, SeedQuery};
use super::published_engine::PublishedEngine;
use super::query_error::QueryError;

/// Number of look-alikes in the sample.
const SAMPLE: usize = 20;

impl PlanQueries for PublishedEngine {
    fn band_plan(&self, query: &BandPlanQuery, now: i64) -> Result<BandPlan, QueryError> {
        let audience = &query.audience;
        let first = AudienceQuery {
            item_id: query.item_ids.first().cloned(),
            topic: None,
            limit: None,
            exclusions: Vec::new(),
            variants: Vec::new(),
            ..audience.clone()
        };
        let exclusions = query.exclusions.iter().map(|sources| self.exclusions(sources)).collect();
        let request = BandPlanRequest {
            by: query.by,
            exclusions,
            ..BandPlanRequest::new(query.item_ids.clone(), self.audience_request(&first, now, Language::default())?)
        };
        let (resolve, cancelled) = (|id: &str| audience.saved.resolve(id), || audience.cancel.is_set());
        Ok(self.engine().band_plan(&self.overlay(), &request, &resolve, &cancelled)?)
    }

    fn look_alikes(&self, query: &LookAlikesQuery, now: i64, language: Language) -> Result<LookAlikes, QueryError> {
        let audience = &query.audience;
        let seed = match &query.seed {
            SeedQuery::Audience(id) => Seed::Audience(id.clone()),
            SeedQuery::Rule => {
                let everybody = || serde_json::json!({});
                Seed::Rule(Rule::parse(&audience.rule.clone().unwrap_or_else(everybody))?)
            }
            SeedQuery::Members(ids) => Seed::Members(ids.clone()),
        };
        let within = audience.within.clone();
        let exclusions = self.exclusions(&audience.exclusions);
        let request = LookAlikesRequest { seed, width: query.width, within, now, exclusions, sample: SAMPLE, language };
        let (resolve, cancelled) = (|id: &str| audience.saved.resolve(id), || audience.cancel.is_set());
        Ok(self.engine().look_alikes(&self.overlay(), &request, &resolve, &cancelled)?)
    }
}
