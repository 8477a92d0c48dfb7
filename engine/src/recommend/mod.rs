//! Recommends items for a member.

mod candidates;
mod diversity;
mod evaluation_lists;
mod exploration;
mod exposure_floor;
mod floored_lists;
mod general_lists;
mod list_options;
mod new_items;
mod pool;
mod pool_state;
mod rate_draws;
mod reason_text;
mod reasons;

use std::cmp::Ordering;

use zhihui_data::snapshot::{EventKind, ItemGroup, Side};

use diversity::{Contender, diversify};
pub use evaluation_lists::{CandidateRanker, Order};
use exploration::{ListContext, ListPosition};
pub use floored_lists::{FlooredList, GroupAttention};
pub use list_options::ListOptions;
pub(crate) use new_items::{NewItems, response_outcome, response_window};
pub(crate) use pool::Pool;
pub(crate) use pool_state::{PoolState, PoolStateCache};
pub(crate) use rate_draws::{LiveCounts, RateDraws, RateDrawsCache};
pub(crate) use reason_text::{Reader, ReasonKind};
pub(crate) use reasons::ReasonContext;

use crate::{
    Engine, Overlay, Recommendations, RecommendedItem,
    answer::{RecommendRequest, Who},
    overlay::MemberState,
    scoring::{PairFeatures, Profile, features_of_pair, is_exposure, log_evidence, mean_lift, probability},
};

/// Number of contenders for re-ranking, relative to the list's length.
const CONTENDERS_PER_PLACE: usize = 3;

/// Signals about one member and one slot of the pool, gathered before scoring.
#[derive(Debug, Clone, Copy, Default)]
struct MemberItemSignals {
    neighbours: f32,
    times_shown: u32,
    /// Members of the member's union who are signed up for the item, and the tickets they hold.
    union_members: u32,
    union_tickets: u32,
    skip: bool,
}

/// A slot that is offered to the member.
#[derive(Debug, Clone, Copy)]
struct OfferedSlot {
    slot: usize,
    seats_left: Option<u32>,
    pair: PairFeatures,
}

/// A scored slot.
#[derive(Debug, Clone, Copy)]
struct ScoredSlot {
    slot: usize,
    logit: f32,
    seats_left: Option<u32>,
}

impl Engine {
    /// Returns the list for a member: open items that the member may take, ordered by probability, re-ranked for
    /// diversity of topics, with the exposure floor of [`ListOptions`], and a share of the positions for new items.
    ///
    /// Unknown persons, members who opted out, and `general` requests get the popular list, which is the same for
    /// everyone and reads no profile.
    #[must_use]
    pub fn recommend(&self, overlay: &Overlay, request: &RecommendRequest<'_>) -> Recommendations {
        let state = overlay.find(self, request.who);
        let is_known = state.row.is_some() || state.live.is_some_and(|live| !live.events.is_empty());
        let is_personalised = is_known && !request.general && overlay.is_personalised(self, request.who);
        let items = if is_personalised {
            self.personal_list(overlay, state, request)
        } else {
            self.general_list(overlay, None, request)
        };
        let member_id = match (state.row, request.who) {
            (Some(row), _) => Some(self.snapshot().members.id[row].clone()),
            (None, Who::Member(id)) => Some(id.to_owned()),
            (None, Who::OpenId(_)) => None,
        };
        Recommendations {
            member_id,
            as_of: self.as_of(),
            version: self.snapshot().version.clone(),
            personalised: is_personalised,
            items,
        }
    }

    fn personal_list(
        &self,
        overlay: &Overlay,
        state: MemberState<'_>,
        request: &RecommendRequest<'_>,
    ) -> Vec<RecommendedItem> {
        let mut profile = Profile::default();
        profile.load(self, state);
        let signals = self.member_item_signals(&profile, state, request);
        let mut lifts = vec![[f32::NAN; 2]; self.snapshot().topics.len()];
        let pool_state = self.pool_state(request.now);
        let scored = self.scored(overlay, &profile, &signals, &mut lifts, &pool_state, request);
        let calibrated =
            [ItemGroup::Articles, ItemGroup::Activities].map(|group| self.is_calibrated(group, Side::Lists));
        let list_context = ListContext { overlay, member: self.member_key(state, request.who), now: request.now };
        let explorable = self.explorable_slots(&scored, list_context);
        let floor = self.list_options().exposure_floor;
        let (list, locked) = if floor > 0.0 {
            let floored = self.apply_floor(&self.compose(scored.clone(), request.n), &scored, &profile, floor);
            (floored.list, floored.locked)
        } else {
            (self.compose(scored, request.n), Vec::new())
        };
        self.explore(list, &locked, &explorable, list_context)
            .into_iter()
            .enumerate()
            .map(|(place, ListPosition { scored: chosen, explored, propensity })| {
                let (facts, signal) = (&self.pool().facts[chosen.slot], &signals[chosen.slot]);
                let pair = self.slot_pair_features(overlay, &profile, chosen.slot, signal, &mut lifts, &pool_state);
                let features = features_of_pair(&profile, facts, self.pool().vector(chosen.slot), pair);
                let (side, now) = (Side::Lists, request.now);
                let context = ReasonContext { side, profile: &profile, state, facts, features: &features, now };
                let reasons = self.reasons(context, request.language);
                RecommendedItem {
                    item_id: self.snapshot().items.id[facts.item as usize].clone(),
                    kind: facts.kind,
                    title: self.snapshot().items.title[facts.item as usize].clone(),
                    rank: place + 1,
                    probability: Some(probability(chosen.logit)),
                    calibrated: calibrated[facts.group() as usize],
                    reasons,
                    seats_left: chosen.seats_left,
                    explored,
                    propensity,
                }
            })
            .collect()
    }

    /// Scores all candidates of the member, by group.
    fn scored(
        &self,
        overlay: &Overlay,
        profile: &Profile,
        signals: &[MemberItemSignals],
        lifts: &mut [[f32; 2]],
        pool_state: &PoolState,
        request: &RecommendRequest<'_>,
    ) -> [Vec<ScoredSlot>; 2] {
        let mut offers = Vec::with_capacity(signals.len());
        for &slot in &pool_state.offered {
            let slot = slot as usize;
            let signal = &signals[slot];
            let Some(seats_left) = self.seats_if_offered(overlay, slot, signal, profile, request) else { continue };
            let pair = self.slot_pair_features(overlay, profile, slot, signal, lifts, pool_state);
            offers.push(OfferedSlot { slot, seats_left, pair });
        }
        self.score(profile, &offers)
    }

    /// Computes the logits of offered slots, by group.
    fn score(&self, profile: &Profile, offers: &[OfferedSlot]) -> [Vec<ScoredSlot>; 2] {
        let mut scored = [(); 2].map(|()| Vec::with_capacity(offers.len()));
        let pool = self.pool();
        // Compiled for the widest vectors of the processor as well. Sums stay in the same lanes, so results are equal
        // to the bit.
        pulp::Arch::new().dispatch(|| {
            for &OfferedSlot { slot, seats_left, pair } in offers {
                let facts = &pool.facts[slot];
                let logit = self.logit(Side::Lists, profile, facts, pool.vector(slot), pair);
                scored[facts.group() as usize].push(ScoredSlot { slot, logit, seats_left });
            }
        });
        scored
    }

    fn member_key<'a>(&'a self, state: MemberState<'_>, who: Who<'a>) -> &'a str {
        match (state.row, who) {
            (Some(row), _) => self.snapshot().members.id[row].as_str(),
            (None, Who::Member(id) | Who::OpenId(id)) => id,
        }
    }

    /// Gathers signals from the member's history for each slot.
    fn member_item_signals(
        &self,
        profile: &Profile,
        state: MemberState<'_>,
        request: &RecommendRequest<'_>,
    ) -> Vec<MemberItemSignals> {
        let mut signals = self.signals_without_neighbours(profile, state, request);
        for &(item, _) in &profile.recent {
            for (slot, similarity) in self.pool().neighbours.pairs(item as usize) {
                signals[slot as usize].neighbours += similarity;
            }
        }
        signals
    }

    /// Gathers what decides whether a slot is offered, and how often it was shown.
    fn signals_without_neighbours(
        &self,
        profile: &Profile,
        state: MemberState<'_>,
        request: &RecommendRequest<'_>,
    ) -> Vec<MemberItemSignals> {
        let (snapshot, pool) = (self.snapshot(), self.pool());
        let mut signals = vec![MemberItemSignals::default(); pool.len()];
        let stored = state.row.map_or(0..0, |row| snapshot.history.of(row));
        let stored = stored.map(|at| (snapshot.history.item(at), snapshot.history.kind(at)));
        let live = state.live.map_or(&[][..], |live| &live.events).iter().map(|event| (event.item, event.kind));
        for (item, kind) in stored.chain(live) {
            let Some(slot) = pool.slot_of(item) else { continue };
            signals[slot].times_shown += u32::from(is_exposure(kind));
            signals[slot].skip |= kind == EventKind::Read && pool.terms[slot].is_article;
        }
        for at in state.row.map_or(0..0, |row| snapshot.sign_ups.of(row)) {
            if let Some(slot) = pool.slot_of(snapshot.sign_ups.item[at]) {
                signals[slot].skip = snapshot.sign_ups.status[at].is_signed_up();
            }
        }
        for sign_up in state.live.map_or(&[][..], |live| &live.sign_ups) {
            if let Some(slot) = pool.slot_of(sign_up.item) {
                signals[slot].skip = sign_up.status.is_signed_up();
            }
        }
        for (item, members, tickets) in self.union_sign_ups().of(profile.facts.union) {
            if let Some(slot) = pool.slot_of(item) {
                signals[slot].union_members = members;
                signals[slot].union_tickets = tickets;
            }
        }
        for excluded in request.exclude {
            if let Some(slot) = self.item_row(excluded).and_then(|item| pool.slot_of(item as u32)) {
                signals[slot].skip = true;
            }
        }
        signals
    }

    /// The seats that the member can take of a slot, or `None` if it is not offered to this member.
    fn seats_if_offered(
        &self,
        overlay: &Overlay,
        slot: usize,
        signal: &MemberItemSignals,
        profile: &Profile,
        request: &RecommendRequest<'_>,
    ) -> Option<Option<u32>> {
        let terms = &self.pool().terms[slot];
        if signal.skip || !self.matches_request(slot, request) {
            return None;
        }
        self.admits(terms, &profile.facts).ok()?;
        self.seats_left(overlay, terms, profile, signal.union_tickets).ok()
    }

    /// Whether a slot passes the filters of the request.
    fn matches_request(&self, slot: usize, request: &RecommendRequest<'_>) -> bool {
        let facts = &self.pool().facts[slot];
        request.kind.is_none_or(|kind| kind == facts.kind)
            && request.topic.is_none_or(|topic| {
                let topics = self.snapshot().items.topics.row(facts.item as usize);
                topics.iter().any(|&own| self.snapshot().topics[own as usize] == topic)
            })
    }

    /// The features of the member and a slot that the member is not signed up for.
    #[inline]
    fn slot_pair_features(
        &self,
        overlay: &Overlay,
        profile: &Profile,
        slot: usize,
        signal: &MemberItemSignals,
        lifts: &mut [[f32; 2]],
        pool_state: &PoolState,
    ) -> PairFeatures {
        let pool = self.pool();
        let topics = pool.topics(slot);
        for &topic in topics {
            let known = &mut lifts[topic as usize];
            if known[0].is_nan() {
                *known = [self.topic_lift(profile, topic), profile.evidence_for(topic)];
            }
        }
        PairFeatures {
            neighbours: signal.neighbours,
            topic_lift: mean_lift(topics.iter().copied(), |topic| lifts[topic as usize][0]),
            topic_actions: log_evidence(topics.iter().copied(), |topic| lifts[topic as usize][1]),
            band_popularity: pool.band_popularity(slot, profile.facts.band),
            union_mates: self.count_union_mates(
                overlay,
                profile.facts.union,
                pool.facts[slot].item,
                signal.union_members,
            ),
            times_shown: signal.times_shown,
            freshness: pool_state.freshness[slot],
            closing: pool_state.closing[slot],
        }
    }

    /// Merges the best of both groups into one list.
    fn compose(&self, scored: [Vec<ScoredSlot>; 2], n: usize) -> Vec<ScoredSlot> {
        let mut best: Vec<(f64, ScoredSlot)> = Vec::with_capacity(2 * CONTENDERS_PER_PLACE * n.min(self.pool().len()));
        for mut group in scored {
            let keep = CONTENDERS_PER_PLACE.saturating_mul(n);
            if group.len() > keep && keep > 0 {
                group.select_nth_unstable_by(keep - 1, by_score);
                group.truncate(keep);
            }
            group.sort_unstable_by(by_score);
            // A very small probability may round to 0.
            let top = group.first().map(|first| probability(first.logit)).filter(|top| *top > 0.0).unwrap_or(1.0);
            best.extend(group.into_iter().map(|scored| (probability(scored.logit) / top, scored)));
        }
        best.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| by_score(&left.1, &right.1)));
        let contender = |&(relevance, scored): &(f64, ScoredSlot)| {
            let facts = &self.pool().facts[scored.slot];
            Contender { relevance, kind: facts.kind, topics: self.snapshot().items.topics.row(facts.item as usize) }
        };
        let contenders: Vec<Contender<'_>> = best.iter().map(contender).collect();
        diversify(&contenders, n).into_iter().map(|at| best[at].1).collect()
    }
}

fn by_score(left: &ScoredSlot, right: &ScoredSlot) -> Ordering {
    right.logit.total_cmp(&left.logit).then(left.slot.cmp(&right.slot))
}
