//! A published snapshot with what happened since: the engine behind [`Answering`].

use std::sync::Arc;

use arc_swap::ArcSwap;

use zhihui_data::snapshot::AgeBands;
use zhihui_engine::answer::Who;
use zhihui_engine::answer::{ItemList, RecommendRequest};
use zhihui_engine::audience::{
    AudienceError, AudienceRequest, Preview, PushCaps, Rule, RuleError, Target, USUAL_HOLD_OUT,
};
use zhihui_engine::overlay::{Granted, Wishes};
use zhihui_engine::{Engine, Language, MemberProfile, Overlay, Recommendations, RecommendedItem};

use crate::answering::{Answering, Facts, PopularRequest, PreviewBody, SimilarRequest, Unanswerable};
use crate::showing::{Choices, Showing, TakeAudience};
use zhihui_engine::insight::{Day, ItemInsight, MemberInsight, ModelInsight, Reach};

/// A snapshot taken up, and the events above its sequence number.
#[derive(Debug, Clone)]
pub struct Published {
    engine: Arc<Engine>,
    overlay: Arc<ArcSwap<Overlay>>,
    /// Shared by every copy, so that a wish outlives the overlay over which it came.
    wishes: Arc<ArcSwap<Granted>>,
    salt: String,
    caps: PushCaps,
}

impl Published {
    /// A snapshot since which nothing has happened, with WeChat's own cap on pushes.
    #[must_use]
    pub fn new(engine: impl Into<Arc<Engine>>) -> Self {
        Self {
            engine: engine.into(),
            overlay: Arc::default(),
            wishes: Arc::default(),
            salt: String::new(),
            caps: PushCaps::default(),
        }
    }

    /// With what happened since the snapshot.
    #[must_use]
    pub fn with_overlay(mut self, mut overlay: Overlay) -> Self {
        overlay.grant(self.wishes.load_full());
        self.overlay = Arc::new(ArcSwap::from_pointee(overlay));
        self
    }

    /// With the home's secret, by which the hold-out is drawn, and its caps on pushes.
    #[must_use]
    pub fn with_audiences(mut self, salt: impl Into<String>, caps: PushCaps) -> Self {
        self.salt = salt.into();
        self.caps = caps;
        self
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    fn unknown_band(&self, label: &str) -> Option<Unanswerable> {
        let bands: &AgeBands = &self.engine.snapshot().age_bands;
        if bands.named(label).is_some() {
            return None;
        }
        let known: Vec<String> = (0..bands.count()).map(|band| bands.label(band)).collect();
        Some(Unanswerable::Parameter { parameter: "age_band", what: format!("must be one of {}", known.join(", ")) })
    }

    /// How long a list must be so that enough is left when other kinds are taken out.
    fn length(&self, n: usize, narrowed: bool) -> usize {
        if narrowed { self.engine.snapshot().items.id.len() } else { n }
    }
}

impl Answering for Published {
    fn facts(&self) -> Facts {
        let snapshot = self.engine.snapshot();
        Facts {
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

    fn similar(&self, request: &SimilarRequest<'_>) -> Result<ItemList, Unanswerable> {
        let n = self.length(request.n, request.kind.is_some());
        let list = self.engine.similar(&self.overlay.load(), request.item_id, n, request.now, request.language);
        let mut list = list.ok_or_else(|| Unanswerable::UnknownItem(request.item_id.to_owned()))?;
        keep(&mut list.items, |item| request.kind.is_none_or(|kind| kind == item.kind), request.n);
        Ok(list)
    }

    fn popular(&self, request: &PopularRequest<'_>) -> Result<ItemList, Unanswerable> {
        if let Some(error) = request.age_band.and_then(|label| self.unknown_band(label)) {
            return Err(error);
        }
        let n = self.length(request.n, request.kind.is_some());
        let mut list = self.engine.popular(&self.overlay.load(), request.age_band, n, request.now, request.language);
        keep(&mut list.items, |item| request.kind.is_none_or(|kind| kind == item.kind), request.n);
        Ok(list)
    }

    fn preview(&self, body: &PreviewBody, now: i64, language: Language) -> Result<Preview, Unanswerable> {
        let request = self.audience_request(body, now, language)?;
        let (overlay, stop) = (self.overlay.load(), || body.stop.is_set());
        Ok(self.engine.audience_until(&overlay, &request, &|_| None, &stop)?.preview)
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

    fn is_member_within(&self, member_id: &str, union_id: &str) -> bool {
        self.engine.is_member_within(member_id, union_id)
    }

    fn is_union_within(&self, union_id: &str, top: &str) -> bool {
        self.engine.is_union_within(union_id, top)
    }

    fn sensitive_topics(&self) -> Vec<String> {
        let snapshot = self.engine.snapshot();
        snapshot.sensitive_topics.iter().filter_map(|&topic| snapshot.topics.get(topic as usize).cloned()).collect()
    }

    fn grant(&self, wishes: &Wishes) {
        self.wishes.store(Arc::new(Granted::new(&self.engine, wishes)));
        self.honour();
    }

    fn honour(&self) {
        let granted = self.wishes.load_full();
        if Arc::ptr_eq(self.overlay.load().granted(), &granted) {
            return;
        }
        self.overlay.rcu(|overlay| {
            let mut honouring = Overlay::clone(overlay);
            honouring.grant(Arc::clone(&granted));
            honouring
        });
    }
}

impl Published {
    fn audience_request(
        &self,
        body: &PreviewBody,
        now: i64,
        language: Language,
    ) -> Result<AudienceRequest, Unanswerable> {
        let target = match (&body.item_id, &body.topic) {
            (Some(item), None) => Target::Item(item.clone()),
            (None, Some(topic)) => Target::Topic(topic.clone()),
            _ => {
                let what = "give exactly one of item_id and topic".to_owned();
                return Err(Unanswerable::Parameter { parameter: "item_id", what });
            }
        };
        Ok(AudienceRequest {
            rule: body.rule.as_ref().map(Rule::parse).transpose()?,
            within: body.within.clone(),
            limit: body.limit,
            hold_out: body.hold_out.unwrap_or(USUAL_HOLD_OUT),
            salt: self.salt.clone(),
            caps: self.caps,
            language,
            ..AudienceRequest::new(target, now)
        })
    }
}

impl Showing for Published {
    fn item_list(&self, since: i64, now: i64) -> Vec<ItemInsight> {
        self.engine.items_of_interest(&self.overlay.load(), since, now)
    }

    fn item_view(&self, item_id: &str, now: i64) -> Option<ItemInsight> {
        self.engine.item_of_interest(&self.overlay.load(), item_id, now)
    }

    fn reach_of(&self, item_ids: &[&str], within: Option<&str>, now: i64) -> Vec<Reach> {
        self.engine.reach_of_items(&self.overlay.load(), item_ids, within, now)
    }

    fn item_days(&self, item_id: &str, midnights: &[i64]) -> Vec<Day> {
        self.engine.item_days(item_id, midnights)
    }

    fn member_view(&self, member_id: &str) -> Option<MemberInsight> {
        self.engine.member_of_interest(&self.overlay.load(), member_id)
    }

    fn model_view(&self) -> ModelInsight {
        self.engine.model_of_interest()
    }

    fn choices(&self) -> Choices {
        let snapshot = self.engine.snapshot();
        let is_open = |&(topic, _): &(u32, &String)| !self.engine.is_sensitive(topic);
        Choices {
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
        body: &PreviewBody,
        now: i64,
        language: Language,
        take: &mut TakeAudience<'_>,
    ) -> Result<(), Unanswerable> {
        let request = AudienceRequest { all_reasons: true, ..self.audience_request(body, now, language)? };
        let (overlay, stop) = (self.overlay.load(), || body.stop.is_set());
        take(self.engine.snapshot(), &self.engine.audience_until(&overlay, &request, &|_| None, &stop)?);
        Ok(())
    }
}

/// Keeps the first of those wanted and numbers them anew.
fn keep(items: &mut Vec<RecommendedItem>, wanted: impl Fn(&RecommendedItem) -> bool, n: usize) {
    items.retain(wanted);
    items.truncate(n);
    for (place, item) in items.iter_mut().enumerate() {
        item.rank = place + 1;
    }
}

impl From<RuleError> for Unanswerable {
    fn from(error: RuleError) -> Self {
        let (pointer, what) = (error.pointer().to_owned(), error.to_string());
        match error {
            RuleError::TooManyConditions { .. } | RuleError::TooManyValues { .. } => {
                Self::RuleTooLarge { pointer, what }
            }
            RuleError::Stopped { .. } => Self::Stopped(what),
            RuleError::Sensitive { .. } => Self::Sensitive { pointer, what },
            _ => Self::Rule { pointer, what },
        }
    }
}

impl From<AudienceError> for Unanswerable {
    fn from(error: AudienceError) -> Self {
        let what = error.to_string();
        match error {
            AudienceError::Rule(error) => error.into(),
            AudienceError::Stopped => Self::Stopped(what),
            AudienceError::UnknownItem(id) => Self::UnknownItem(id),
            AudienceError::UnknownTopic(_) => Self::Parameter { parameter: "topic", what },
            AudienceError::SensitiveTopic(_) => Self::Sensitive { pointer: "/topic".to_owned(), what },
            AudienceError::BadHoldOut(_) => Self::Parameter { parameter: "hold_out", what },
        }
    }
}
