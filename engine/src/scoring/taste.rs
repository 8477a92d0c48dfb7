//! What the score of the factor model is made of: the member's own history, item by item.

use zhihui_data::snapshot::Factors;

use super::{Profile, fold_in::Equations};
use crate::{
    Engine,
    overlay::{MemberState, weighed_history},
};

/// A vector that differs by more than this share of its length was not folded in from the history.
const SAME: f32 = 1e-2;

/// The history behind a member's vector, ready to say what each item of it adds to any score.
#[derive(Debug, Clone)]
pub(crate) struct Taste {
    history: Vec<(u32, f32)>,
    equations: Equations,
}

impl Taste {
    /// `None` where the profile's vector is not the one that the history gives: that of an earlier model that serves on.
    fn of(engine: &Engine, factors: &Factors, profile: &Profile, state: MemberState<'_>) -> Option<Self> {
        let history = weighed_history(engine, state.row, state.live);
        if history.is_empty() || profile.vector.is_empty() {
            return None;
        }
        let equations = Equations::of(factors, &history)?;
        let length = |vector: &mut dyn Iterator<Item = f32>| vector.map(|value| value * value).sum::<f32>().sqrt();
        let apart = length(&mut equations.vector().iter().zip(&profile.vector).map(|(left, right)| left - right));
        let is_same = apart <= SAME * length(&mut profile.vector.iter().copied());
        is_same.then_some(Self { history, equations })
    }
}

impl Engine {
    /// What each item of the member's history adds to the dot product of the two vectors, which is their sum; empty where
    /// there is no factor model, no history, or where the vector does not come from the history.
    pub(crate) fn taste_causes(&self, profile: &Profile, state: MemberState<'_>, item: u32) -> Vec<(u32, f32)> {
        let Some(factors) = &self.snapshot().model.factors else { return Vec::new() };
        let taste = profile.taste.get_or_init(|| Taste::of(self, factors, profile, state));
        taste.as_ref().map(|taste| taste.equations.contributions(factors, &taste.history, item)).unwrap_or_default()
    }

    /// The similarity of each recent item of the member to this one, where there is any: together the feature `neighbours`.
    pub(crate) fn neighbour_causes(&self, profile: &Profile, item: u32) -> Vec<(u32, f32)> {
        let (rows, wanted) = match self.pool().slot_of(item) {
            Some(slot) => (&self.pool().neighbours, slot as u32),
            None => (&self.snapshot().model.neighbours, item),
        };
        let similarity = |&(known, _): &(u32, _)| {
            let similar = rows.pairs(known as usize).filter(|&(neighbour, _)| neighbour == wanted);
            Some((known, similar.map(|(_, similarity)| similarity).sum::<f32>())).filter(|&(_, sum)| sum != 0.0)
        };
        profile.recent.iter().filter_map(similarity).collect()
    }

    /// The lift of each topic of an item over their number, sensitive ones left out: together the feature `topic_lift`.
    pub(crate) fn topic_causes(&self, profile: &Profile, item: u32) -> Vec<(u32, f32)> {
        let topics = self.snapshot().items.topics.row(item as usize).iter().copied();
        let topics: Vec<u32> = topics.filter(|&topic| !self.is_sensitive(topic)).collect();
        let share = |&topic: &u32| (topic, self.topic_lift(profile, topic) / topics.len() as f32);
        topics.iter().map(share).collect()
    }
}
