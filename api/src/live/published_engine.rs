//! The engine of a published snapshot together with the events since.
//!
//! Takes the query of a handler, calls the engine with the current overlay, and returns the JSON types of the API. It does not
//! check who may ask; `middleware/identity` does.

use std::sync::Arc;

use arc_swap::ArcSwap;
use zhihui_data::snapshot::AgeBands;
use zhihui_engine::answer::{ItemList, RecommendRequest, Who};
use zhihui_engine::audience::{
    AudienceRequest, DEFAULT_HOLD_OUT, Exclusion, Preview, PushCaps, Rule, SeatPlan, Target,
};
use zhihui_engine::insight::{ItemDay, ItemInsight, MemberInsight, ModelInsight, Reach};
use zhihui_engine::overlay::{Consent, ResolvedConsent};
use zhihui_engine::{Engine, Language, MemberProfile, Overlay, Recommendations, RecommendedItem};

use super::audience_query::AudienceQuery;
use super::exclusion_sets::{ExclusionSets, name_counts};
use super::push_policy::PushPolicy;
use super::push_queries::AudienceVisitor;
use super::queries::{AudienceChoices, EngineQueries, PageQueries, PopularRequest, SimilarRequest, SnapshotInfo};
use super::query_error::QueryError;
use super::variant_query::variants_of;
use crate::exclusions::source::ExclusionSource;

/// An engine, and the overlay of events after its snapshot. Clones share the engine and the consent.
#[derive(Debug, Clone)]
pub struct PublishedEngine {
    engine: Arc<Engine>,
    overlay: Arc<ArcSwap<Overlay>>,
    /// Shared by all clones, so that consent set on one overlay applies to the next.
    consent: Arc<ArcSwap<ResolvedConsent>>,
    salt: String,
    caps: PushCaps,
    policy: PushPolicy,
    exclusion_sets: ExclusionSets,
}

impl PublishedEngine {
    /// An engine without events, with WeChat's cap on pushes.
    #[must_use]
    pub fn new(engine: impl Into<Arc<Engine>>) -> Self {
        Self {
            engine: engine.into(),
            overlay: Arc::default(),
            consent: Arc::default(),
            salt: String::new(),
            caps: PushCaps::default(),
            policy: PushPolicy::default(),
            exclusion_sets: ExclusionSets::default(),
        }
    }

    /// Replaces the overlay.
    #[must_use]
    pub fn with_overlay(mut self, mut overlay: Overlay) -> Self {
        overlay.set_consent(self.consent.load_full());
        self.overlay = Arc::new(ArcSwap::from_pointee(overlay));
        self
    }

    /// Sets the secret that draws the hold-out, and the caps on pushes.
    #[must_use]
    pub fn with_push_settings(mut self, salt: impl Into<String>, caps: PushCaps) -> Self {
        self.salt = salt.into();
        self.caps = caps;
        self
    }

    /// Sets what the home decided about pushes.
    #[must_use]
    pub fn with_push_policy(mut self, policy: PushPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The current overlay.
    pub(super) fn overlay(&self) -> arc_swap::Guard<Arc<Overlay>> {
        self.overlay.load()
    }

    fn check_band(&self, label: &str) -> Option<QueryError> {
        let bands: &AgeBands = &self.engine.snapshot().age_bands;
        if bands.named(label).is_some() {
            return None;
        }
        let known: Vec<String> = (0..bands.count()).map(|band| bands.label(band)).collect();
        Some(QueryError::Parameter { parameter: "age_band", what: format!("must be one of {}", known.join(", ")) })
    }

    /// Length of a list that still has `n` items after other kinds are filtered out.
    fn unfiltered_length(&self, n: usize, narrowed: bool) -> usize {
        if narrowed { self.engine.snapshot().items.id.len() } else { n }
    }
}

impl EngineQueries for PublishedEngine {
    fn info(&self) -> SnapshotInfo {
        let snapshot = self.engine.snapshot();
        SnapshotInfo {
            version: snapshot.version.clone(),
            as_of: snapshot.as_of,
            members: snapshot.members.id.len(),
            items: snapshot.items.id.len(),
            model: snapshot.model.name.clone(),
            zone: snapshot.zone,
        }
    }

    fn recommend(&self, request: &RecommendRequest<'_>) -> Recommendations {
        self.engine.recommend(&self.overlay.load(), request)
    }

    fn similar(&self, request: &SimilarRequest<'_>) -> Result<ItemList, QueryError> {
        let n = self.unfiltered_length(request.n, request.kind.is_some());
        let list = self.engine.similar(&self.overlay.load(), request.item_id, n, request.now, request.language);
        let mut list = list.ok_or_else(|| QueryError::UnknownItem(request.item_id.to_owned()))?;
        retain_first(&mut list.items, |item| request.kind.is_none_or(|kind| kind == item.kind), request.n);
        Ok(list)
    }

    fn popular(&self, request: &PopularRequest<'_>) -> Result<ItemList, QueryError> {
        if let Some(error) = request.age_band.and_then(|label| self.check_band(label)) {
            return Err(error);
        }
        let n = self.unfiltered_length(request.n, request.kind.is_some());
        let mut list = self.engine.popular(&self.overlay.load(), request.age_band, n, request.now, request.language);
        retain_first(&mut list.items, |item| request.kind.is_none_or(|kind| kind == item.kind), request.n);
        Ok(list)
    }

    fn preview(&self, query: &AudienceQuery, now: i64, language: Language) -> Result<Preview, QueryError> {
        let request = self.audience_request(query, now, language)?;
        let (overlay, cancelled) = (self.overlay.load(), || query.cancel.is_set());
        let resolve = |id: &str| query.saved.resolve(id);
        let mut preview = self.engine.audience_until(&overlay, &request, &resolve, &cancelled)?.preview;
        name_counts(&mut preview.exclusions, &query.exclusions);
        Ok(preview)
    }

    fn preview_with_seat_plan(
        &self,
        query: &AudienceQuery,
        now: i64,
        language: Language,
    ) -> Result<(Preview, Option<SeatPlan>), QueryError> {
        let request = self.audience_request(query, now, language)?;
        let (overlay, cancelled) = (self.overlay.load(), || query.cancel.is_set());
        let resolve = |id: &str| query.saved.resolve(id);
        let (mut audience, plan) = self.engine.audience_with_seat_plan(&overlay, &request, &resolve, &cancelled)?;
        name_counts(&mut audience.preview.exclusions, &query.exclusions);
        Ok((audience.preview, plan))
    }

    fn member(&self, member_id: &str) -> Option<MemberProfile> {
        self.engine.member_profile(&self.overlay.load(), Who::Member(member_id))
    }

    fn openids(&self, member_id: &str) -> Vec<String> {
        self.engine.member_row(member_id).map_or_else(Vec::new, |row| self.engine.snapshot().openids_of(row))
    }

    fn owner(&self, openid: &str) -> Option<String> {
        self.engine.member_profile(&self.overlay.load(), Who::OpenId(openid)).map(|profile| profile.member_id)
    }

    fn owners_of(&self, is_wanted: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
        let snapshot = self.engine.snapshot();
        let further = snapshot.openids.further.iter().map(|known| &known.openid);
        let openids = snapshot.members.openid.iter().chain(further).filter(|openid| !openid.is_empty());
        let owned = |openid: &String| Some((openid.clone(), self.owner(openid)?));
        openids.filter(|openid| is_wanted(openid)).filter_map(owned).collect()
    }

    fn is_member_within(&self, member_id: &str, union_id: &str) -> bool {
        self.engine.is_member_within(member_id, union_id)
    }

    fn is_union_within(&self, union_id: &str, top: &str) -> bool {
        self.engine.is_union_within(union_id, top)
    }

    fn push_policy(&self) -> PushPolicy {
        self.policy.clone()
    }

    fn sensitive_topics(&self) -> Vec<String> {
        let snapshot = self.engine.snapshot();
        snapshot.sensitive_topics.iter().filter_map(|&topic| snapshot.topics.get(topic as usize).cloned()).collect()
    }

    fn set_consent(&self, consent: &Consent) {
        self.consent.store(Arc::new(ResolvedConsent::new(&self.engine, consent)));
        self.apply_consent();
    }

    fn apply_consent(&self) {
        let consent = self.consent.load_full();
        if Arc::ptr_eq(self.overlay.load().consent(), &consent) {
            return;
        }
        self.overlay.rcu(|overlay| {
            let mut updated = Overlay::clone(overlay);
            updated.set_consent(Arc::clone(&consent));
            updated
        });
    }
}

impl PublishedEngine {
    /// The members of sources, as sets of rows.
    pub(super) fn exclusions(&self, sources: &[ExclusionSource]) -> Vec<Exclusion> {
        self.exclusion_sets.resolve(&self.engine, sources)
    }

    pub(super) fn audience_request(
        &self,
        query: &AudienceQuery,
        now: i64,
        language: Language,
    ) -> Result<AudienceRequest, QueryError> {
        let target = match (&query.item_id, &query.topic) {
            (Some(item), None) => Target::Item(item.clone()),
            (None, Some(topic)) => Target::Topic(topic.clone()),
            _ => {
                let what = "give exactly one of item_id and topic".to_owned();
                return Err(QueryError::Parameter { parameter: "item_id", what });
            }
        };
        Ok(AudienceRequest {
            rule: query.rule.as_ref().map(Rule::parse).transpose()?,
            within: query.within.clone(),
            selection: query.selection.unwrap_or_default(),
            limit: query.limit,
            hold_out: query.hold_out.unwrap_or(DEFAULT_HOLD_OUT),
            salt: self.salt.clone(),
            caps: self.caps,
            standing_hold_outs: self.policy.standing_hold_outs.clone(),
            exclusions: self.exclusions(&query.exclusions),
            send_hours: query.send_hours,
            variants: variants_of(&query.variants),
            list: query.list.clone(),
            quiet: self.policy.quiet,
            language,
            ..AudienceRequest::new(target, now)
        })
    }
}

impl PageQueries for PublishedEngine {
    fn item_list(&self, since: i64, now: i64) -> Vec<ItemInsight> {
        self.engine.item_insights(&self.overlay.load(), since, now)
    }

    fn item_view(&self, item_id: &str, now: i64) -> Option<ItemInsight> {
        self.engine.item_insight(&self.overlay.load(), item_id, now)
    }

    fn reach_of(&self, item_ids: &[&str], within: Option<&str>, now: i64) -> Vec<Reach> {
        self.engine.reach_of_items(&self.overlay.load(), item_ids, within, now)
    }

    fn item_days(&self, item_id: &str, midnights: &[i64]) -> Vec<ItemDay> {
        self.engine.item_days(item_id, midnights)
    }

    fn member_view(&self, member_id: &str) -> Option<MemberInsight> {
        self.engine.member_insight(&self.overlay.load(), member_id)
    }

    fn model_view(&self) -> ModelInsight {
        self.engine.model_insight()
    }

    fn choices(&self) -> AudienceChoices {
        let snapshot = self.engine.snapshot();
        let is_open = |&(topic, _): &(u32, &String)| !self.engine.is_sensitive(topic);
        AudienceChoices {
            topics: (0..).zip(&snapshot.topics).filter(is_open).map(|(_, name)| name.clone()).collect(),
            districts: snapshot.districts.clone(),
            age_bands: (0..snapshot.age_bands.count()).map(|band| snapshot.age_bands.label(band)).collect(),
            segments: {
                let segments = snapshot.model.segments.iter();
                let is_open = |topics: &[u32]| !topics.iter().any(|&topic| self.engine.is_sensitive(topic));
                segments.filter(|segment| is_open(&segment.topics)).map(|segment| segment.name.clone()).collect()
            },
        }
    }

    fn audience(
        &self,
        query: &AudienceQuery,
        now: i64,
        language: Language,
        visit: &mut AudienceVisitor<'_>,
    ) -> Result<(), QueryError> {
        let request = AudienceRequest { all_reasons: true, ..self.audience_request(query, now, language)? };
        let (overlay, cancelled) = (self.overlay.load(), || query.cancel.is_set());
        let resolve = |id: &str| query.saved.resolve(id);
        let mut audience = self.engine.audience_until(&overlay, &request, &resolve, &cancelled)?;
        name_counts(&mut audience.preview.exclusions, &query.exclusions);
        visit(self.engine.snapshot(), &audience);
        Ok(())
    }
}

/// Keeps the first `n` matching items and renumbers their ranks.
fn retain_first(items: &mut Vec<RecommendedItem>, wanted: impl Fn(&RecommendedItem) -> bool, n: usize) {
    items.retain(wanted);
    items.truncate(n);
    for (place, item) in items.iter_mut().enumerate() {
        item.rank = place + 1;
    }
}
