//! The item's part of the features and of eligibility at one instant, gathered once for many members.

use zhihui_data::snapshot::NONE;

use super::{ItemFacts, closing, freshness};
use crate::{Engine, Overlay, eligibility::ItemTerms};

/// An item with what [`MemberFeatures`](super::MemberFeatures) needs of it at one instant.
#[derive(Debug)]
pub struct ItemPart<'a> {
    pub(super) facts: ItemFacts,
    pub(super) terms: ItemTerms,
    pub(super) is_offered: bool,
    /// Whether it has no limits, so that every member may take it who has not taken it before.
    pub(super) admits_all: bool,
    pub(super) vector: &'a [f32],
    /// Topics, without sensitive ones.
    pub(super) topics: Vec<u32>,
    /// Members of each union who are signed up.
    pub(super) signed_up: Vec<u32>,
    /// `ln(1 + 1000 · reach)` by age band.
    pub(super) band_popularity: Vec<f32>,
    /// The logit by age band if popularity ranks.
    pub(super) popular_logits: Vec<f32>,
    pub(super) freshness: f32,
    pub(super) closing: f32,
}

impl<'a> ItemPart<'a> {
    /// Gathers the part of an item, a row of the snapshot, at `now`.
    #[must_use]
    pub fn new(engine: &'a Engine, item: usize, now: i64) -> Self {
        let (snapshot, overlay) = (engine.snapshot(), Overlay::default());
        let (facts, terms) = (engine.item_facts(item), ItemTerms::of(snapshot, item));
        let bands = 0..=snapshot.age_bands.count();
        let signed_up = |union: u32| {
            let stored = engine.union_sign_ups().members(union, facts.item);
            engine.count_union_mates(&overlay, union, facts.item, stored)
        };
        let topics = snapshot.items.topics.row(item).iter().copied();
        let has_seats =
            |brought_children: bool| engine.seats_left_for(&overlay, &terms, (NONE, brought_children), || 0).is_ok();
        Self {
            admits_all: !terms.is_limited() && has_seats(false) && has_seats(true),
            is_offered: terms.is_offered(now).is_ok(),
            vector: engine.item_vector(item),
            topics: topics.filter(|&topic| !engine.is_sensitive(topic)).collect(),
            signed_up: (0..snapshot.unions.id.len() as u32).map(signed_up).collect(),
            band_popularity: bands.clone().map(|band| engine.band_popularity(band, facts.item)).collect(),
            popular_logits: bands.map(|band| engine.popular_logit(band, &facts)).collect(),
            freshness: freshness(facts.since, now),
            closing: closing(facts.until, now),
            facts,
            terms,
        }
    }

    /// The row of the item.
    #[must_use]
    pub fn item(&self) -> u32 {
        self.facts.item
    }
}
