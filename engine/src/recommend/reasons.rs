//! Chooses the reasons for an item: the features that contribute most, if a true sentence can be said about them.

use zhihui_data::snapshot::{EventKind, NO_TIME, Side};

use super::reason_text::ReasonKind;
use crate::{
    Engine,
    answer::{Language, Reason},
    engine::name_of,
    overlay::MemberState,
    report::MIN_GROUP_SIZE,
    scoring::{FEATURES, ItemFacts, N_FEATURES, Profile},
};

/// Maximum number of reasons.
const MAX_REASONS: usize = 2;
/// Minimum number of union mates that is mentioned to a member.
const MIN_UNION_MATES: u32 = MIN_GROUP_SIZE as u32;
/// Minimum decayed number of reads of a topic for "often", or of actions for "active".
const MIN_EVIDENCE: f32 = 2.0;
/// Minimum logarithm of the ratio of the member's share to the share of all members for a preference: 20 %.
const MIN_LIFT: f32 = 0.182;
/// Number of hours for which an item is just published.
const FRESH_HOURS: i64 = 72;

/// Order of the reasons if no ranker weighs them, by feature. 0 for features that are not a reason.
const DEFAULT_ORDER: [f32; N_REASON_FEATURES] = [0.3, 0.7, 0.8, 0.5, 0.4, 0.9, 0.65, 0.6, 0.75, 0.35, 0.0, 0.2, 0.85];

/// Number of features that can be reasons. Later features describe only the member or the kind of item.
const N_REASON_FEATURES: usize = 13;

/// Features that measure the same as a reason's feature. Their contributions are added to that feature.
const FEATURE_ALIASES: [(&str, usize); 2] = [("topic_actions", 2), ("belongs", 8)];

/// A pair of a member and an item to give reasons for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReasonContext<'a> {
    /// Whether the pair is in a list or in an audience.
    pub(crate) side: Side,
    pub(crate) profile: &'a Profile,
    pub(crate) state: MemberState<'a>,
    pub(crate) facts: &'a ItemFacts,
    pub(crate) features: &'a [f32; N_FEATURES],
    pub(crate) now: i64,
}

/// Adds the contributions of aliases to the features of reasons.
fn merge_aliases(contributions: &[f32; N_FEATURES]) -> [f32; N_FEATURES] {
    let mut sums = *contributions;
    for (name, reason) in FEATURE_ALIASES {
        if let Some(at) = FEATURES.iter().position(|&known| known == name) {
            sums[reason] += std::mem::take(&mut sums[at]);
        }
    }
    sums
}

/// The order of reasons if no ranker weighs them.
fn default_order() -> [f32; N_FEATURES] {
    std::array::from_fn(|at| DEFAULT_ORDER.get(at).copied().unwrap_or(0.0))
}

impl Engine {
    /// Returns at most two reasons, strongest first. There is at least one: that the item is open. Reasons in an audience
    /// are worded for staff.
    pub(crate) fn reasons(&self, context: ReasonContext<'_>, language: Language) -> Vec<Reason> {
        let facts = context.facts;
        let ranker = self.ranker(facts.group(), context.side);
        // A ranker with one feature has one reason, whatever the feature measures.
        let rule = ranker.and_then(|ranker| ranker.only_feature());
        let weighed = ranker.map(|ranker| {
            let contributions = ranker.contributions(context.features);
            if rule.is_some() { contributions } else { merge_aliases(&contributions) }
        });
        let band = self.snapshot().age_bands.label(context.profile.facts.band);
        for weights in weighed.into_iter().chain([default_order()]) {
            let mut strongest: Vec<(usize, f32)> = weights.into_iter().enumerate().collect();
            strongest
                .retain(|&(feature, weight)| weight > 0.0 && (feature < N_REASON_FEATURES || rule == Some(feature)));
            strongest.sort_by(|left, right| right.1.total_cmp(&left.1));
            let mut chosen: Vec<ReasonKind<'_>> = Vec::with_capacity(MAX_REASONS);
            for why in strongest.into_iter().filter_map(|(feature, _)| self.reason_kind(feature, context, &band)) {
                // Two features may name the same earlier item. It is named once.
                let is_said = why.past_item().is_some_and(|title| chosen.iter().any(|w| w.past_item() == Some(title)));
                if !is_said {
                    chosen.push(why);
                }
                if chosen.len() == MAX_REASONS {
                    break;
                }
            }
            if !chosen.is_empty() {
                return chosen.into_iter().map(|why| why.reason(facts.kind, language, context.side.into())).collect();
            }
        }
        vec![ReasonKind::Open.reason(facts.kind, language, context.side.into())]
    }

    /// The reason of a feature, or `None` if it is not true or not informative.
    fn reason_kind<'a>(&'a self, feature: usize, context: ReasonContext<'a>, band: &'a str) -> Option<ReasonKind<'a>> {
        let ReasonContext { profile, facts, features, now, .. } = context;
        let snapshot = self.snapshot();
        let group = facts.group();
        let holds = features[feature] > 0.0;
        match feature {
            0 => (holds && !profile.recent.is_empty()).then(|| self.taste_reason(context)),
            1 if holds => self.most_similar(profile, facts),
            2 => self.preferred_topic(profile, facts.item).map(ReasonKind::Topic),
            3 => {
                let known = profile.facts.band + 1 < snapshot.age_bands.count();
                let popular = holds && features[3] >= self.pool().popular_in_band_from(group, profile.facts.band);
                (known && popular).then_some(ReasonKind::PopularInBand(band))
            }
            4 => (holds && facts.log_popularity >= self.pool().popular_from(group)).then_some(ReasonKind::Popular),
            5 => {
                let mates = features[5].exp_m1().round() as u32;
                let is_sensitive =
                    snapshot.items.topics.row(facts.item as usize).iter().any(|&topic| self.is_sensitive(topic));
                (mates >= MIN_UNION_MATES && !is_sensitive).then_some(ReasonKind::UnionMates(mates))
            }
            6 if holds => name_of(&snapshot.districts, facts.district).map(ReasonKind::NearHome),
            7 if holds => name_of(&snapshot.districts, facts.district).map(ReasonKind::NearWork),
            8 => holds.then_some(ReasonKind::OwnUnion),
            9 => {
                let is_new = facts.since != NO_TIME && (0..FRESH_HOURS * 3600).contains(&(now - facts.since));
                is_new.then_some(ReasonKind::Fresh)
            }
            11 => holds.then_some(ReasonKind::Free),
            12 => holds.then_some(ReasonKind::Family),
            _ => match FEATURES[feature] {
                "activity" | "reads" | "sign_ups" => {
                    (features[feature].exp_m1() >= MIN_EVIDENCE).then_some(ReasonKind::Active)
                }
                "topic_actions" => self.known_topic(profile, facts.item),
                _ => None,
            },
        }
    }

    /// The item's topic with most of the member's events, as "often" or "before".
    fn known_topic<'a>(&'a self, profile: &Profile, item: u32) -> Option<ReasonKind<'a>> {
        if let Some(topic) = self.preferred_topic(profile, item) {
            return Some(ReasonKind::Topic(topic));
        }
        let topics = self.snapshot().items.topics.row(item as usize).iter().copied();
        let known = topics.filter(|&topic| !self.is_sensitive(topic) && profile.evidence_for(topic) > 0.0);
        let most = known.max_by(|&left, &right| profile.evidence_for(left).total_cmp(&profile.evidence_for(right)));
        most.and_then(|topic| self.snapshot().topics.get(topic as usize)).map(|topic| ReasonKind::TopicBefore(topic))
    }

    /// Whether the member often reads or signs up for a topic: enough own evidence, a share above that of all members,
    /// and not sensitive.
    pub(crate) fn is_preferred(&self, profile: &Profile, topic: u32) -> bool {
        !self.is_sensitive(topic)
            && profile.evidence_for(topic) >= MIN_EVIDENCE
            && self.topic_lift(profile, topic) > MIN_LIFT
    }

    /// The topic of the item that the member prefers most.
    fn preferred_topic(&self, profile: &Profile, item: u32) -> Option<&str> {
        let lifts = self.topic_causes(profile, item).into_iter();
        let best = lifts
            .filter(|&(topic, _)| self.is_preferred(profile, topic))
            .max_by(|left, right| left.1.total_cmp(&right.1));
        best.and_then(|(topic, _)| self.snapshot().topics.get(topic as usize)).map(String::as_str)
    }

    /// The recent item that is most similar to the candidate, unless it has a sensitive topic.
    fn most_similar(&self, profile: &Profile, facts: &ItemFacts) -> Option<ReasonKind<'_>> {
        let (title, was_read) = self.strongest_past_item(profile, self.neighbour_causes(profile, facts.item))?;
        Some(ReasonKind::Similar { title, was_read })
    }

    /// The earlier item that adds most to the score of the factor model, if one can be named.
    fn taste_reason(&self, context: ReasonContext<'_>) -> ReasonKind<'_> {
        // Recent items come first in a history, and only they can be named.
        let causes =
            self.factor_causes(context.profile, context.state, context.facts.item).take(context.profile.recent.len());
        match self.strongest_past_item(context.profile, causes) {
            Some((title, was_read)) => ReasonKind::TasteOf { title, was_read },
            None => ReasonKind::Taste,
        }
    }

    /// Title of the recent item that adds most, and whether it was read. The item must add something, have no sensitive
    /// or deleted topic, and be more than shared. Ties go to the latest, which comes first.
    fn strongest_past_item(&self, profile: &Profile, causes: impl Iterator<Item = (u32, f32)>) -> Option<(&str, bool)> {
        let snapshot = self.snapshot();
        let named = |item: u32| {
            let topics = snapshot.items.topics.row(item as usize);
            !topics.iter().any(|topic| self.is_sensitive(*topic) || profile.deleted.contains(topic))
        };
        let taken = |item: u32| {
            let own = profile.recent.iter().find(|&&(known, _)| known == item).map(|&(_, kind)| kind);
            own.filter(|&kind| kind != EventKind::Share)
        };
        let mut greatest = (None, 0.0);
        causes.for_each(|(item, amount)| {
            if amount > greatest.1
                && let Some(kind) = taken(item).filter(|_| named(item))
            {
                greatest = (Some((item, kind)), amount);
            }
        });
        let title = |(item, kind)| (snapshot.items.title[item as usize].as_str(), kind == EventKind::Read);
        greatest.0.map(title)
    }
}
