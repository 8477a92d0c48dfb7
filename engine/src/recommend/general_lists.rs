//! General lists, which read no profile: popular items, the list for unknown persons, similar items.

use zhihui_data::snapshot::Side;

use super::{MemberItemSignals, Reader, ReasonContext, ReasonKind};
use crate::{
    Engine, Overlay, RecommendedItem,
    answer::{ItemList, Language, RecommendRequest, Who},
    overlay::MemberState,
    scoring::{Profile, dot, features_of_pair, probability},
};

/// A request for a list that belongs to no member.
fn general_request(n: usize, now: i64, language: Language) -> RecommendRequest<'static> {
    RecommendRequest { who: Who::Member(""), n, kind: None, topic: None, exclude: &[], general: true, now, language }
}

impl Engine {
    /// Returns the most popular open items, overall or in an age band. An unknown band stands for all members.
    ///
    /// Items limited to some members are left out, because no attributes are known here.
    #[must_use]
    pub fn popular(&self, overlay: &Overlay, band: Option<&str>, n: usize, now: i64, language: Language) -> ItemList {
        let band = band.and_then(|label| self.snapshot().age_bands.named(label)).map(usize::from);
        self.item_list(self.general_list(overlay, band, &general_request(n, now, language)))
    }

    /// Returns open items similar to this one: first its neighbours by co-occurrence, then items with similar vectors
    /// and topics. `None` if the item is unknown.
    #[must_use]
    pub fn similar(
        &self,
        overlay: &Overlay,
        item_id: &str,
        n: usize,
        now: i64,
        language: Language,
    ) -> Option<ItemList> {
        let item = self.item_row(item_id)?;
        let pool = self.pool();
        let mut ranked: Vec<(f32, usize)> = (0..pool.len())
            .filter(|&slot| pool.facts[slot].item as usize != item && self.is_open_to_all(overlay, slot, now))
            .map(|slot| (self.similarity(item, pool.facts[slot].item as usize), slot))
            .collect();
        for (slot, similarity) in pool.neighbours.pairs(item) {
            if let Some(entry) = ranked.iter_mut().find(|(_, known)| *known == slot as usize) {
                entry.0 = 2.0 + similarity;
            }
        }
        ranked.retain(|&(similarity, _)| similarity > 0.0);
        ranked.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let why = ReasonKind::Like(&self.snapshot().items.title[item]);
        let request = general_request(n, now, language);
        let slots: Vec<usize> = ranked.into_iter().take(n).map(|(_, slot)| slot).collect();
        let mut items = self.general_items(overlay, &Profile::general(self), &slots, &request);
        for listed in &mut items {
            listed.reasons.insert(0, why.reason(listed.kind, language, Reader::Member));
            listed.reasons.truncate(2);
        }
        Some(self.item_list(items))
    }

    /// Returns the popular list after a request's filters. It is the same for every member.
    pub(super) fn general_list(
        &self,
        overlay: &Overlay,
        band: Option<usize>,
        request: &RecommendRequest<'_>,
    ) -> Vec<RecommendedItem> {
        let pool = self.pool();
        let excluded: Vec<u32> =
            request.exclude.iter().filter_map(|id| self.item_row(id)).map(|row| row as u32).collect();
        let mut order = pool.by_popularity.clone();
        if let Some(band) = band {
            let reach = |slot: u32| self.reach(band, pool.facts[slot as usize].item);
            order.sort_by(|&left, &right| reach(right).total_cmp(&reach(left)));
        }
        let mut profile = Profile::general(self);
        profile.facts.band = band.unwrap_or(profile.facts.band);
        let slots: Vec<usize> = order
            .into_iter()
            .map(|slot| slot as usize)
            .filter(|&slot| self.matches_request(slot, request) && self.is_open_to_all(overlay, slot, request.now))
            .filter(|&slot| !excluded.contains(&pool.facts[slot].item))
            .take(request.n)
            .collect();
        self.general_items(overlay, &profile, &slots, request)
    }

    fn general_items(
        &self,
        overlay: &Overlay,
        profile: &Profile,
        slots: &[usize],
        request: &RecommendRequest<'_>,
    ) -> Vec<RecommendedItem> {
        let (pool, items) = (self.pool(), &self.snapshot().items);
        let mut lifts = vec![[0.0; 2]; self.snapshot().topics.len()];
        let pool_state = self.pool_state(request.now);
        let listed = slots.iter().enumerate().map(|(place, &slot)| {
            let (facts, terms) = (&pool.facts[slot], &pool.terms[slot]);
            let (now, state) = (request.now, MemberState::default());
            let pair =
                self.slot_pair_features(overlay, profile, slot, &MemberItemSignals::default(), &mut lifts, &pool_state);
            let features = features_of_pair(profile, facts, pool.vector(slot), pair);
            RecommendedItem {
                item_id: items.id[facts.item as usize].clone(),
                kind: facts.kind,
                title: items.title[facts.item as usize].clone(),
                rank: place + 1,
                probability: Some(probability(self.logit(Side::Lists, profile, facts, pool.vector(slot), pair))),
                calibrated: self.is_calibrated(facts.group(), Side::Lists),
                reasons: self.reasons(
                    ReasonContext { side: Side::Lists, profile, state, facts, features: &features, now },
                    request.language,
                ),
                seats_left: if terms.is_article { None } else { self.seats_left_in_all(overlay, terms) },
                explored: false,
                propensity: None,
            }
        });
        listed.collect()
    }

    /// Whether a slot can be offered to any member without knowing attributes.
    fn is_open_to_all(&self, overlay: &Overlay, slot: usize, now: i64) -> bool {
        let terms = &self.pool().terms[slot];
        terms.is_offered(now).is_ok()
            && !terms.is_limited()
            && (terms.is_article || self.seats_left_in_all(overlay, terms) != Some(0))
            && terms.member_cap(false) != Some(0)
    }

    /// Mean of the cosine of the vectors and the share of common topics, in [0, 1].
    fn similarity(&self, left: usize, right: usize) -> f32 {
        let (a, b) = (self.item_vector(left), self.item_vector(right));
        let norms = (dot(a, a) * dot(b, b)).sqrt();
        let cosine = if norms > 0.0 { (dot(a, b) / norms).clamp(0.0, 1.0) } else { 0.0 };
        let topics = &self.snapshot().items.topics;
        let (left, right) = (topics.row(left), topics.row(right));
        let common = left.iter().filter(|topic| right.contains(topic)).count();
        let union = left.len() + right.len() - common;
        let shared = if union > 0 { common as f32 / union as f32 } else { 0.0 };
        (cosine + shared) / 2.0
    }

    fn item_list(&self, items: Vec<RecommendedItem>) -> ItemList {
        ItemList { as_of: self.as_of(), version: self.snapshot().version.clone(), items }
    }
}
