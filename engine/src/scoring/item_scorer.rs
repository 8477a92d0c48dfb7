//! Scores one item for many members.

use zhihui_data::snapshot::{NONE, Side};

use super::{
    ItemFacts, MemberFacts, MemberPart, N_FEATURES, PairFeatures, Profile, closing, dot, features_of_pair,
    features_of_part, freshness, log_evidence, mean_lift, profile::stored_vector,
};
use crate::{
    Engine, Overlay,
    overlay::{MemberState, withdrawn},
};

/// An event of a member with this mark is one of the item itself.
const ITSELF: u8 = 1;
/// An event of a member with this mark is one of an edition of the item's series.
const EDITION: u8 = 2;

/// An item with everything that is needed to score it for many members.
#[derive(Debug)]
pub(crate) struct ItemScorer<'a> {
    engine: &'a Engine,
    pub(crate) facts: ItemFacts,
    /// Topics, without sensitive ones.
    topics: Vec<u32>,
    /// Similarity of every item to this one.
    similarity: Vec<f32>,
    /// By item, what its events say about this one.
    marks: Vec<u8>,
    /// Members of each union who are signed up.
    signed_up: Vec<u32>,
    /// `ln(1 + 1000 · reach)` by age band.
    band_popularity: Vec<f32>,
    freshness: f32,
    closing: f32,
}

impl<'a> ItemScorer<'a> {
    pub(crate) fn new(engine: &'a Engine, overlay: &Overlay, item: usize, now: i64) -> Self {
        let snapshot = engine.snapshot();
        let n_items = snapshot.items.id.len();
        let toward = |known: usize| {
            let pairs = snapshot.model.neighbours.pairs(known);
            pairs.filter(|&(neighbour, _)| neighbour as usize == item).map(|(_, similarity)| similarity).sum()
        };
        let facts = engine.item_facts(item);
        let signed_up = |union: u32| {
            let stored = engine.union_sign_ups().members(union, facts.item);
            engine.count_union_mates(overlay, union, facts.item, stored)
        };
        let mark = |other: u32| {
            let is_edition = facts.series != NONE && engine.series_of(other) == facts.series;
            u8::from(other == facts.item) * ITSELF + u8::from(is_edition) * EDITION
        };
        Self {
            similarity: (0..n_items).map(toward).collect(),
            marks: (0..n_items as u32).map(mark).collect(),
            signed_up: (0..snapshot.unions.id.len() as u32).map(signed_up).collect(),
            engine,
            facts,
            topics: {
                let topics = snapshot.items.topics.row(item).iter().copied();
                topics.filter(|&topic| !engine.is_sensitive(topic)).collect()
            },
            band_popularity: (0..=snapshot.age_bands.count())
                .map(|band| engine.band_popularity(band, item as u32))
                .collect(),
            freshness: freshness(facts.since, now),
            closing: closing(facts.until, now),
        }
    }

    /// The features of this item and a member whose profile is loaded.
    pub(crate) fn features(&self, profile: &Profile, state: MemberState<'_>) -> [f32; N_FEATURES] {
        features_of_pair(profile, &self.facts, self.vector(), self.pair_features(profile, state))
    }

    fn vector(&self) -> &'a [f32] {
        self.engine.item_vector(self.facts.item as usize)
    }

    fn pair_features(&self, profile: &Profile, state: MemberState<'_>) -> PairFeatures {
        PairFeatures {
            neighbours: profile.recent.iter().fold(0.0, |sum, &(known, _)| sum + self.similarity[known as usize]),
            topic_lift: mean_lift(self.topics.iter().copied(), |topic| self.engine.topic_lift(profile, topic)),
            topic_actions: log_evidence(self.topics.iter().copied(), |topic| profile.evidence_for(topic)),
            times_shown: self.engine.times_shown(state, self.facts.item),
            ..self.common_features(&profile.facts, state)
        }
    }

    /// The pair features that are gathered alike from a profile and from the columns of the snapshot.
    #[inline(always)]
    fn common_features(&self, member: &MemberFacts, state: MemberState<'_>) -> PairFeatures {
        PairFeatures {
            band_popularity: self.band_popularity.get(member.band).copied().unwrap_or(0.0),
            union_mates: match member.union {
                NONE => 0,
                union => {
                    let all = self.signed_up[union as usize];
                    self.engine.without_own_sign_up(all, member.row, state.live, self.facts.item)
                }
            },
            freshness: self.freshness,
            closing: self.closing,
            ..PairFeatures::default()
        }
    }

    /// The calibrated logit of a member in the item's audience, whose profile is loaded.
    pub(crate) fn logit(&self, profile: &Profile, state: MemberState<'_>) -> f32 {
        let pair = self.pair_features(profile, state);
        self.engine.logit(Side::Audiences, profile, &self.facts, self.vector(), pair)
    }

    /// The calibrated logit of a member in the item's audience, and what breaks ties. A member without changes since the
    /// snapshot is read from its columns, and only what the item needs; the result is that of [`logit`](Self::logit), to the
    /// bit.
    #[inline(always)]
    pub(crate) fn score(&self, profile: &mut Profile, state: MemberState<'_>) -> (f32, f32) {
        match state.row.filter(|_| state.live.is_none() && !state.has_deleted_topics()) {
            Some(row) => self.score_stored(row, profile),
            None => self.score_changed(profile, state),
        }
    }

    #[inline(never)]
    fn score_changed(&self, profile: &mut Profile, state: MemberState<'_>) -> (f32, f32) {
        profile.load_for_series(self.engine, state, self.facts.series);
        (self.logit(profile, state), profile.activity.tie_breaker())
    }

    #[inline(always)]
    fn score_stored(&self, row: usize, profile: &mut Profile) -> (f32, f32) {
        let (engine, snapshot) = (self.engine, self.engine.snapshot());
        let state = MemberState { row: Some(row), ..MemberState::default() };
        let facts = MemberFacts::of(engine, Some(row));
        let activity = engine.member_columns().activity(row);
        let tie_breaker = activity.tie_breaker();
        let Some(ranker) = engine.ranker(self.facts.group(), Side::Audiences) else {
            return (engine.popular_logit(facts.band, &self.facts), tie_breaker);
        };
        let (known_topics, weights) = snapshot.model.preferences.evidence.row(row);
        let evidence_total = weights.iter().fold(0.0, |sum, &weight| sum + weight);
        let evidence_for = |topic: u32| {
            let pairs = known_topics.iter().zip(weights).filter(|&(&known, _)| known == topic);
            pairs.fold(0.0, |sum, (_, &weight)| sum + weight)
        };
        let history = &snapshot.history;
        let events = history.of(row);
        let items = events.clone().map(|event| history.item(event));
        let marks = items.fold(0, |marks, item| marks | self.marks[item as usize]);
        let recent = engine.member_columns().recent_actions.latest_first(events);
        let pair = PairFeatures {
            neighbours: recent.fold(0.0, |sum, at| sum + self.similarity[history.item(at) as usize]),
            topic_lift: mean_lift(self.topics.iter().copied(), |topic| {
                engine.topic_lift_by(facts.band, evidence_total, evidence_for(topic), topic)
            }),
            topic_actions: log_evidence(self.topics.iter().copied(), evidence_for),
            times_shown: if marks & ITSELF == 0 { 0 } else { engine.times_shown(state, self.facts.item) },
            ..self.common_features(&facts, state)
        };
        let (mut sign_ups_of_kind, mut brought_children) = (0.0_f32, false);
        for at in snapshot.sign_ups.of(row) {
            let is_of_kind = snapshot.items.kind[snapshot.sign_ups.item[at] as usize] == self.facts.kind;
            sign_ups_of_kind += f32::from(u8::from(is_of_kind));
            brought_children |= snapshot.sign_ups.children[at] > 0;
        }
        let part = MemberPart {
            facts: &facts,
            activity: &activity,
            factors: dot(stored_vector(engine, row), self.vector()),
            is_further_member: snapshot.members.memberships.row(row).contains(&self.facts.union),
            log_sign_ups_of_kind: if sign_ups_of_kind > 0.0 { sign_ups_of_kind.ln_1p() } else { 0.0 },
            brought_children,
            series_actions: if marks & EDITION == 0 { 0.0 } else { self.series_actions(state, profile) },
        };
        (ranker.logit(&features_of_part(&part, &self.facts, pair)), tie_breaker)
    }

    #[inline(never)]
    fn series_actions(&self, state: MemberState<'_>, profile: &mut Profile) -> f32 {
        let withdrawn = withdrawn(self.engine, state.row, None);
        let is_edition = |item: u32| self.marks[item as usize] & EDITION != 0;
        profile.load_series(self.engine, state, &withdrawn, is_edition);
        profile.series_actions(self.facts.series)
    }
}
