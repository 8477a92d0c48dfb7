//! The features of one member and many items, for training. The member's part is gathered once.

use std::cell::Cell;

use zhihui_data::snapshot::{EventKind, NONE};

use super::features::{
    N_FEATURES, PairFeatures, closing, features_of_pair, freshness, is_exposure, log_evidence, mean_lift,
};
use super::{ItemPart, Profile};
use crate::eligibility::ItemTerms;
use crate::overlay::MemberState;
use crate::{Engine, Overlay};

/// Computes features for one member at a time. Call `load` before `of`.
#[derive(Debug)]
pub struct MemberFeatures<'a> {
    engine: &'a Engine,
    empty_overlay: Overlay,
    row: Option<usize>,
    profile: Profile,
    /// By item, what the member's history says.
    signals: Vec<ItemSignals>,
    /// The items with non-default `signals`.
    changed_items: Vec<u32>,
    /// Whether `signals` has the similarities.
    has_neighbours: bool,
    /// Lift of each topic and the evidence for it, computed on first use; until then not a number.
    topics: Vec<Cell<[f32; 2]>>,
}

/// What the history of a member says about an item.
#[derive(Debug, Clone, Copy, Default)]
struct ItemSignals {
    /// Sum of its similarities to the member's recent items.
    neighbours: f32,
    /// Number of exposures.
    times_shown: u32,
    was_read: bool,
    is_signed_up: bool,
}

impl<'a> MemberFeatures<'a> {
    /// Creates a value without a member.
    #[must_use]
    pub fn new(engine: &'a Engine) -> Self {
        let snapshot = engine.snapshot();
        Self {
            engine,
            empty_overlay: Overlay::default(),
            row: None,
            profile: Profile::default(),
            signals: vec![ItemSignals::default(); snapshot.items.id.len()],
            changed_items: Vec::new(),
            has_neighbours: false,
            topics: vec![Cell::new([f32::NAN; 2]); snapshot.topics.len()],
        }
    }

    /// Loads a member by row number, for the features of many items.
    pub fn load(&mut self, member: usize) {
        self.load_for_few(member);
        for &(known, _) in &self.profile.recent {
            for (neighbour, similarity) in self.engine.snapshot().model.neighbours.pairs(known as usize) {
                self.signals[neighbour as usize].neighbours += similarity;
                self.changed_items.push(neighbour);
            }
        }
        self.has_neighbours = true;
    }

    /// Loads a member by row number, for the features of a few items. They are the same.
    pub fn load_for_few(&mut self, member: usize) {
        self.has_neighbours = false;
        let snapshot = self.engine.snapshot();
        self.row = (member < snapshot.members.id.len()).then_some(member);
        self.profile.load(self.engine, self.state());
        self.topics.iter().for_each(|topic| topic.set([f32::NAN; 2]));
        for item in self.changed_items.drain(..) {
            self.signals[item as usize] = ItemSignals::default();
        }
        let sign_ups = &snapshot.sign_ups;
        for at in self.row.map_or(0..0, |row| sign_ups.of(row)).filter(|&at| sign_ups.status[at].is_signed_up()) {
            self.signals[sign_ups.item[at] as usize].is_signed_up = true;
            self.changed_items.push(sign_ups.item[at]);
        }
        let history = &snapshot.history;
        for event in self.row.map_or(0..0, |row| history.of(row)) {
            let kind = history.kind(event);
            let (is_exposure, is_read) = (is_exposure(kind), kind == EventKind::Read);
            if is_exposure || is_read {
                let item = history.item(event);
                let signals = &mut self.signals[item as usize];
                signals.times_shown += u32::from(is_exposure);
                signals.was_read |= is_read;
                self.changed_items.push(item);
            }
        }
    }

    /// Returns the same features as [`Engine::features`].
    #[must_use]
    pub fn of(&self, item: usize, now: i64) -> [f32; N_FEATURES] {
        let Some(&ItemSignals { times_shown, .. }) = self.signals.get(item) else {
            return [0.0; N_FEATURES];
        };
        let (engine, profile) = (self.engine, &self.profile);
        let facts = match engine.pool().slot_of(item as u32) {
            Some(slot) => engine.pool().facts[slot],
            None => engine.item_facts(item),
        };
        let pair = PairFeatures {
            neighbours: self.neighbours(item),
            topic_lift: engine.mean_topic_lift(facts.item, |topic| self.topic(topic)[0]),
            topic_actions: engine.topic_actions(facts.item, |topic| self.topic(topic)[1]),
            band_popularity: engine.band_popularity(profile.facts.band, facts.item),
            union_mates: engine.union_mates(&self.empty_overlay, profile, None, facts.item),
            times_shown,
            freshness: freshness(facts.since, now),
            closing: closing(facts.until, now),
        };
        features_of_pair(profile, &facts, engine.item_vector(item), pair)
    }

    /// Returns the same features as [`Self::of`] for an item whose part is gathered.
    #[must_use]
    pub fn of_part(&self, item: &ItemPart<'_>) -> [f32; N_FEATURES] {
        let (engine, profile) = (self.engine, &self.profile);
        let signals = self.signals[item.facts.item as usize];
        let band = profile.facts.band;
        let pair = PairFeatures {
            neighbours: self.neighbours(item.facts.item as usize),
            topic_lift: mean_lift(item.topics.iter().copied(), |topic| self.topic(topic)[0]),
            topic_actions: log_evidence(item.topics.iter().copied(), |topic| self.topic(topic)[1]),
            band_popularity: match item.band_popularity.get(band) {
                Some(&popularity) => popularity,
                None => engine.band_popularity(band, item.facts.item),
            },
            union_mates: match profile.facts.union {
                NONE => 0,
                union => {
                    let all = item.signed_up[union as usize];
                    engine.without_own_sign_up(all, profile.facts.row, None, item.facts.item)
                }
            },
            times_shown: signals.times_shown,
            freshness: item.freshness,
            closing: item.closing,
        };
        features_of_pair(profile, &item.facts, item.vector, pair)
    }

    /// Sum of the similarities of the member's recent items to an item.
    fn neighbours(&self, item: usize) -> f32 {
        if self.has_neighbours {
            return self.signals[item].neighbours;
        }
        let similarities = &self.engine.snapshot().model.neighbours;
        let toward = |known: u32| {
            let (neighbours, values) = similarities.row(known as usize);
            neighbours.iter().position(|&neighbour| neighbour as usize == item).map(|at| values[at])
        };
        self.profile.recent.iter().filter_map(|&(known, _)| toward(known)).fold(0.0, |sum, value| sum + value)
    }

    /// The lift of a topic, and the evidence for it.
    fn topic(&self, topic: u32) -> [f32; 2] {
        let known = &self.topics[topic as usize];
        if known.get()[0].is_nan() {
            known.set([self.engine.topic_lift(&self.profile, topic), self.profile.evidence_for(topic)]);
        }
        known.get()
    }

    /// Returns the same as [`Self::may_take`] for an item whose part is gathered.
    #[must_use]
    pub fn may_take_part(&self, item: &ItemPart<'_>) -> bool {
        let (engine, facts, terms) = (self.engine, &self.profile.facts, &item.terms);
        let member = (facts.union, self.profile.brought_children);
        let tickets = || engine.union_sign_ups().tickets(facts.union, terms.item);
        let signals = &self.signals[terms.item as usize];
        let is_new = if terms.is_article { !signals.was_read } else { !signals.is_signed_up };
        let is_admitted = || {
            engine.admits(terms, facts).is_ok()
                && engine.seats_left_for(&self.empty_overlay, terms, member, tickets).is_ok()
        };
        self.row.is_some() && item.is_offered && is_new && (item.admits_all || is_admitted())
    }

    /// Whether the item can be in the member's list at `now`, or the member in its audience: it is offered, the member
    /// is admitted, seats are left, and the member has not taken it before. `false` for an unknown member or item.
    #[must_use]
    pub fn may_take(&self, item: usize, now: i64) -> bool {
        let (Some(_), true) = (self.row, item < self.signals.len()) else { return false };
        let (engine, profile) = (self.engine, &self.profile);
        let terms = ItemTerms::of(engine.snapshot(), item);
        let tickets = || engine.union_sign_ups().tickets(profile.facts.union, terms.item);
        terms.is_offered(now).is_ok()
            && engine.admits(&terms, &profile.facts).is_ok()
            && engine.seats_left(&self.empty_overlay, &terms, profile, tickets()).is_ok()
            && engine.is_new_to(self.state(), &terms).is_ok()
    }

    /// The logit of an item if popularity ranks.
    #[must_use]
    pub fn popular_logit(&self, item: &ItemPart<'_>) -> f32 {
        let band = self.profile.facts.band;
        let known = item.popular_logits.get(band).copied();
        known.unwrap_or_else(|| self.engine.popular_logit(band, &item.facts))
    }

    /// Breaks ties between members of equal probability in an audience: recent activity.
    #[must_use]
    pub fn tie_breaker(&self) -> f32 {
        self.profile.activity.tie_breaker()
    }

    fn state(&self) -> MemberState<'static> {
        MemberState { row: self.row, ..MemberState::default() }
    }
}
