//! ReasonKind this item for this member: the features that contributed most, as far as a sentence about them is true.

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

/// Reasons given at most.
const MAX_REASONS: usize = 2;
/// Union mates below this number are never counted out to a member.
const MIN_UNION_MATES: u32 = MIN_GROUP_SIZE as u32;
/// Decayed reads of a topic before a member is said to turn to it often, or decayed actions before one is called active.
const MIN_EVIDENCE: f32 = 2.0;
/// How far above everybody's a share must lie to be called a preference: 20 %, as a logarithm.
const MIN_LIFT: f32 = 0.182;
/// Hours for which something counts as just published.
const FRESH_HOURS: i64 = 72;

/// Order of the true reasons where no ranker weighs them, by feature; 0 for features that are no reason.
const DEFAULT_ORDER: [f32; N_REASON_FEATURES] = [0.3, 0.7, 0.8, 0.5, 0.4, 0.9, 0.65, 0.6, 0.75, 0.35, 0.0, 0.2, 0.85];

/// The features that can be reasons; those behind them are about the member or the kind of item alone.
const N_REASON_FEATURES: usize = 13;

/// Features of the same thing in another form: what they add counts for the reason that says it.
const FEATURE_ALIASES: [(&str, usize); 2] = [("topic_actions", 2), ("belongs", 8)];

/// A pair of which somebody asks why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReasonContext<'a> {
    /// The list or the audience that the pair stands in.
    pub(crate) side: Side,
    pub(crate) profile: &'a Profile,
    pub(crate) state: MemberState<'a>,
    pub(crate) facts: &'a ItemFacts,
    pub(crate) features: &'a [f32; N_FEATURES],
    pub(crate) now: i64,
}

/// What features add, the other forms of a reason's feature added to it.
fn merge_aliases(contributions: &[f32; N_FEATURES]) -> [f32; N_FEATURES] {
    let mut sums = *contributions;
    for (name, reason) in FEATURE_ALIASES {
        if let Some(at) = FEATURES.iter().position(|&known| known == name) {
            sums[reason] += std::mem::take(&mut sums[at]);
        }
    }
    sums
}

/// The order where no ranker weighs them.
fn default_order() -> [f32; N_FEATURES] {
    std::array::from_fn(|at| DEFAULT_ORDER.get(at).copied().unwrap_or(0.0))
}

impl Engine {
    /// At most two reasons, strongest first; at least that the item is open.
    pub(crate) fn reasons(&self, context: ReasonContext<'_>, language: Language) -> Vec<Reason> {
        let facts = context.facts;
        let ranker = self.ranker(facts.group(), context.side);
        // A ranker of one feature has one reason, whatever the feature is about.
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
                // Two features may lead back to the same item of the past: once is enough.
                let is_said = why.past_item().is_some_and(|title| chosen.iter().any(|w| w.past_item() == Some(title)));
                if !is_said {
                    chosen.push(why);
                }
                if chosen.len() == MAX_REASONS {
                    break;
                }
            }
            if !chosen.is_empty() {
                return chosen.into_iter().map(|why| why.reason(facts.kind, language)).collect();
            }
        }
        vec![ReasonKind::Open.reason(facts.kind, language)]
    }

    /// What a feature says in words, `None` where that would not be true or not be worth saying.
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

    /// The item's topic that the member turned to most, said as often or as before.
    fn known_topic<'a>(&'a self, profile: &Profile, item: u32) -> Option<ReasonKind<'a>> {
        if let Some(topic) = self.preferred_topic(profile, item) {
            return Some(ReasonKind::Topic(topic));
        }
        let topics = self.snapshot().items.topics.row(item as usize).iter().copied();
        let known = topics.filter(|&topic| !self.is_sensitive(topic) && profile.evidence_for(topic) > 0.0);
        let most = known.max_by(|&left, &right| profile.evidence_for(left).total_cmp(&profile.evidence_for(right)));
        most.and_then(|topic| self.snapshot().topics.get(topic as usize)).map(|topic| ReasonKind::TopicBefore(topic))
    }

    /// Whether a member may be said to turn to a topic often: by own evidence, above everybody's share, never where the
    /// topic is sensitive.
    pub(crate) fn is_preferred(&self, profile: &Profile, topic: u32) -> bool {
        !self.is_sensitive(topic)
            && profile.evidence_for(topic) >= MIN_EVIDENCE
            && self.topic_lift(profile, topic) > MIN_LIFT
    }

    /// The item's topic that the member prefers most.
    fn preferred_topic(&self, profile: &Profile, item: u32) -> Option<&str> {
        let lifts = self.topic_causes(profile, item).into_iter();
        let best = lifts
            .filter(|&(topic, _)| self.is_preferred(profile, topic))
            .max_by(|left, right| left.1.total_cmp(&right.1));
        best.and_then(|(topic, _)| self.snapshot().topics.get(topic as usize)).map(String::as_str)
    }

    /// The recent item of the member that the candidate is most like, unless it is about something sensitive.
    fn most_similar(&self, profile: &Profile, facts: &ItemFacts) -> Option<ReasonKind<'_>> {
        let (title, was_read) = self.strongest_past_item(profile, self.neighbour_causes(profile, facts.item))?;
        Some(ReasonKind::Similar { title, was_read })
    }

    /// The item of the past that adds most to the factor model's score, where one can be named.
    fn taste_reason(&self, context: ReasonContext<'_>) -> ReasonKind<'_> {
        // The recent items come first in a history, and only they can be named.
        let causes =
            self.factor_causes(context.profile, context.state, context.facts.item).take(context.profile.recent.len());
        match self.strongest_past_item(context.profile, causes) {
            Some((title, was_read)) => ReasonKind::TasteOf { title, was_read },
            None => ReasonKind::Taste,
        }
    }

    /// Title of the recent item that adds most, and whether it was read; of what adds something, is not about anything
    /// sensitive or deleted, and was more than passed on. Of equals the latest, which comes first.
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
