//! Why this item for this member: the features that contributed most, as far as a sentence about them is true.

use zhihui_data::snapshot::{EventKind, NO_TIME};

use super::sentences::Why;
use crate::{
    Engine,
    answer::{Language, Reason},
    engine::name_of,
    scoring::{ItemFacts, N_FEATURES, Profile},
};

/// Reasons given at most.
const AT_MOST: usize = 2;
/// Union mates below this number are never counted out to a member: fewer could be told by name.
const UNION_MATES: u32 = 3;
/// Decayed reads of a topic before a member is said to turn to it often.
const OFTEN: f32 = 2.0;
/// How far above everybody's a share must lie to be called a preference: 20 %, as a logarithm.
const ABOVE_ALL: f32 = 0.182;
/// Hours for which something counts as just published.
const JUST_NOW_HOURS: i64 = 72;

/// Order of the true reasons where no ranker weighs them, by feature; 0 for features that are no reason.
const PLAIN_ORDER: [f32; N_FEATURES] =
    [0.3, 0.7, 0.8, 0.5, 0.4, 0.9, 0.65, 0.6, 0.75, 0.35, 0.0, 0.2, 0.85, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

impl Engine {
    /// At most two reasons, strongest first; at least that the item is open.
    pub(crate) fn reasons(
        &self,
        profile: &Profile,
        facts: &ItemFacts,
        features: &[f32; N_FEATURES],
        now: i64,
        language: Language,
    ) -> Vec<Reason> {
        let weighed = self.ranker(facts.group()).map(|ranker| ranker.contributions(features));
        let band = self.snapshot().age_bands.label(profile.facts.band);
        let mut reasons = Vec::with_capacity(AT_MOST);
        for weights in weighed.into_iter().chain([PLAIN_ORDER]) {
            let mut left = weights;
            let strongest = std::iter::from_fn(|| {
                let best = (0..N_FEATURES).fold(0, |best, at| if left[at] > left[best] { at } else { best });
                (left[best] > 0.0).then(|| std::mem::replace(&mut left[best], 0.0)).map(|_| best)
            });
            let whys = strongest.filter_map(|feature| self.why(feature, profile, facts, features, now, &band));
            reasons.extend(whys.take(AT_MOST).map(|why| why.reason(facts.kind, language)));
            if !reasons.is_empty() {
                return reasons;
            }
        }
        vec![Why::Open.reason(facts.kind, language)]
    }

    /// What a feature says in words, `None` where that would not be true or not be worth saying.
    fn why<'a>(
        &'a self,
        feature: usize,
        profile: &Profile,
        facts: &ItemFacts,
        features: &[f32; N_FEATURES],
        now: i64,
        band: &'a str,
    ) -> Option<Why<'a>> {
        let snapshot = self.snapshot();
        let group = facts.group();
        let holds = features[feature] > 0.0;
        match feature {
            0 => (holds && !profile.recent.is_empty()).then_some(Why::Taste),
            1 => self.most_similar(profile, facts),
            2 => self.preferred_topic(profile, facts.item).map(Why::Topic),
            3 => {
                let known = profile.facts.band + 1 < snapshot.age_bands.count();
                let popular = holds && features[3] >= self.pool().popular_in_band_from(group, profile.facts.band);
                (known && popular).then_some(Why::PopularInBand(band))
            }
            4 => (holds && facts.log_popularity >= self.pool().popular_from(group)).then_some(Why::Popular),
            5 => {
                let mates = features[5].exp_m1().round() as u32;
                (mates >= UNION_MATES).then_some(Why::UnionMates(mates))
            }
            6 if holds => name_of(&snapshot.districts, facts.district).map(Why::NearHome),
            7 if holds => name_of(&snapshot.districts, facts.district).map(Why::NearWork),
            8 => holds.then_some(Why::OwnUnion),
            9 => {
                let is_new = facts.since != NO_TIME && (0..JUST_NOW_HOURS * 3600).contains(&(now - facts.since));
                is_new.then_some(Why::Fresh)
            }
            11 => holds.then_some(Why::Free),
            12 => holds.then_some(Why::Family),
            _ => None,
        }
    }

    /// Whether a member may be said to turn to a topic often: by own evidence, above everybody's share, never where the
    /// topic is sensitive.
    pub(crate) fn is_preferred(&self, profile: &Profile, topic: u32) -> bool {
        !self.is_sensitive(topic) && profile.evidence_for(topic) >= OFTEN && self.topic_lift(profile, topic) > ABOVE_ALL
    }

    /// The item's topic that the member prefers most.
    fn preferred_topic(&self, profile: &Profile, item: u32) -> Option<&str> {
        let snapshot = self.snapshot();
        let topics = snapshot.items.topics.row(item as usize).iter();
        let best = topics
            .filter(|&&topic| self.is_preferred(profile, topic))
            .map(|&topic| (topic, self.topic_lift(profile, topic)))
            .max_by(|left, right| left.1.total_cmp(&right.1));
        best.and_then(|(topic, _)| snapshot.topics.get(topic as usize)).map(String::as_str)
    }

    /// The recent item of the member that the candidate is most like, unless it is about something sensitive.
    fn most_similar(&self, profile: &Profile, facts: &ItemFacts) -> Option<Why<'_>> {
        let snapshot = self.snapshot();
        let (rows, wanted) = match self.pool().slot_of(facts.item) {
            Some(slot) => (&self.pool().neighbours, slot as u32),
            None => (&snapshot.model.neighbours, facts.item),
        };
        let similarity = |item: u32| {
            let (columns, values) = rows.row(item as usize);
            columns.iter().position(|&column| column == wanted).map(|at| values[at])
        };
        let named = |item: u32| {
            let topics = snapshot.items.topics.row(item as usize);
            !topics.iter().any(|topic| self.is_sensitive(*topic) || profile.deleted.contains(topic))
        };
        let own = profile.recent.iter().filter(|&&(_, kind)| kind != EventKind::Share);
        let (&(item, kind), _) = own
            .filter_map(|entry| similarity(entry.0).map(|similarity| (entry, similarity)))
            .filter(|&(&(item, _), similarity)| similarity > 0.0 && named(item))
            .max_by(|left, right| left.1.total_cmp(&right.1))?;
        let title = &snapshot.items.title[item as usize];
        Some(Why::Similar { title, was_read: kind == EventKind::Read })
    }
}
