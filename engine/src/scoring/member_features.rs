//! The features of one member and many items, for training. The member's part is gathered once.

use super::Profile;
use super::features::{N_FEATURES, PairFeatures, closing, features_of_pair, freshness, is_exposure};
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
    /// By item, the sum of similarities to the member's recent items, and the number of exposures.
    signals: Vec<(f32, u32)>,
    /// The items with non-default `signals`.
    changed_items: Vec<u32>,
}

impl<'a> MemberFeatures<'a> {
    /// Creates a value without a member.
    #[must_use]
    pub fn new(engine: &'a Engine) -> Self {
        let signals = vec![(0.0, 0); engine.snapshot().items.id.len()];
        Self {
            engine,
            empty_overlay: Overlay::default(),
            row: None,
            profile: Profile::default(),
            signals,
            changed_items: Vec::new(),
        }
    }

    /// Loads a member by row number.
    pub fn load(&mut self, member: usize) {
        let snapshot = self.engine.snapshot();
        self.row = (member < snapshot.members.id.len()).then_some(member);
        self.profile.load(self.engine, self.state());
        for item in self.changed_items.drain(..) {
            self.signals[item as usize] = (0.0, 0);
        }
        for &(known, _) in &self.profile.recent {
            for (neighbour, similarity) in snapshot.model.neighbours.pairs(known as usize) {
                self.signals[neighbour as usize].0 += similarity;
                self.changed_items.push(neighbour);
            }
        }
        for event in self.row.map_or(0..0, |row| snapshot.history.of(row)) {
            if is_exposure(snapshot.history.kind(event)) {
                self.signals[snapshot.history.item(event) as usize].1 += 1;
                self.changed_items.push(snapshot.history.item(event));
            }
        }
    }

    /// Returns the same features as [`Engine::features`].
    #[must_use]
    pub fn of(&self, item: usize, now: i64) -> [f32; N_FEATURES] {
        let Some(&(neighbours, times_shown)) = self.signals.get(item) else { return [0.0; N_FEATURES] };
        let (engine, profile) = (self.engine, &self.profile);
        let facts = engine.item_facts(item);
        let pair = PairFeatures {
            neighbours,
            topic_lift: engine.mean_topic_lift(facts.item, |topic| engine.topic_lift(profile, topic)),
            topic_actions: engine.topic_actions(facts.item, |topic| profile.evidence_for(topic)),
            band_popularity: engine.band_popularity(profile.facts.band, facts.item),
            union_mates: engine.union_mates(&self.empty_overlay, profile, None, facts.item),
            times_shown,
            freshness: freshness(facts.since, now),
            closing: closing(facts.until, now),
        };
        features_of_pair(profile, &facts, engine.item_vector(item), pair)
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
    pub fn popular_logit(&self, item: usize) -> f32 {
        self.engine.popular_logit(self.profile.facts.band, &self.engine.item_facts(item))
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
