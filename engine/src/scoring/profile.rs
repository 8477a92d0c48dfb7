//! The features that depend on the member only. They are loaded once for all items.

use std::cell::OnceCell;

use zhihui_data::snapshot::{EventKind, NONE};

use super::{
    ActivityFeatures, MAX_RECENT_ITEMS, VectorExplanation, attention_weight, interaction_weight, is_current_action,
    series_weight,
};
use crate::{
    Engine,
    overlay::{ItemEvent, MemberState, withdrawn},
};

/// The features that depend on the member only. Can be loaded again for the next member.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profile {
    pub(crate) facts: MemberFacts,
    /// Empty without a factor model or history.
    pub(crate) vector: Vec<f32>,
    /// Distinct items of the member's own actions without sensitive topics, latest first.
    pub(crate) recent: Vec<(u32, EventKind)>,
    /// Evidence for topics, in the snapshot's order, followed by live events in order of arrival.
    pub(crate) evidence: Vec<(u32, f32)>,
    pub(crate) evidence_total: f32,
    /// Topics that the member deleted. They are never mentioned.
    pub(crate) deleted: Vec<u32>,
    /// `ln(1 + sign-ups)`, indexed by [`ItemKind`](zhihui_data::ItemKind).
    pub(crate) log_sign_ups_of_kind: [f32; 5],
    pub(crate) brought_children: bool,
    pub(crate) activity: ActivityFeatures,
    /// Unions that the member belongs to in addition to the own one.
    pub(crate) memberships: Vec<u32>,
    /// Decayed own actions by series of items, ascending in the series.
    pub(crate) series: Vec<(u32, f32)>,
    /// Explanation of the vector, computed on first use.
    pub(crate) vector_explanation: OnceCell<Option<VectorExplanation>>,
}

/// A member's current attributes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MemberFacts {
    /// Row in the snapshot, or [`NONE`].
    pub(crate) row: u32,
    pub(crate) union: u32,
    pub(crate) age: u32,
    /// Index of the age band. The number of bands stands for the general profile, of which nothing is read.
    pub(crate) band: usize,
    pub(crate) gender: u8,
    pub(crate) home_district: u32,
    pub(crate) work_district: u32,
}

impl Default for MemberFacts {
    fn default() -> Self {
        Self {
            row: NONE,
            union: NONE,
            age: NONE,
            band: usize::MAX,
            gender: 0,
            home_district: NONE,
            work_district: NONE,
        }
    }
}

impl MemberFacts {
    #[inline]
    pub(crate) fn of(engine: &Engine, row: Option<usize>) -> Self {
        let members = &engine.snapshot().members;
        match row.filter(|&row| row < members.id.len()) {
            Some(row) => Self {
                row: row as u32,
                union: members.union[row],
                age: members.age[row],
                band: usize::from(members.age_band[row]),
                gender: members.gender[row],
                home_district: members.home_district[row],
                work_district: members.work_district[row],
            },
            None => Self { band: engine.snapshot().age_bands.count() - 1, ..Self::default() },
        }
    }
}

impl Profile {
    /// The profile that general lists are scored with. It describes no member.
    pub(crate) fn general(engine: &Engine) -> Self {
        let band = engine.snapshot().age_bands.count();
        Self { facts: MemberFacts { band, ..MemberFacts::default() }, ..Self::default() }
    }

    pub(crate) fn load(&mut self, engine: &Engine, state: MemberState<'_>) {
        self.load_with_series(engine, state, |item| engine.series_of(item) != NONE);
    }

    /// Loads what items of one series need: the actions on other series are left out.
    pub(crate) fn load_for_series(&mut self, engine: &Engine, state: MemberState<'_>, series: u32) {
        self.load_with_series(engine, state, |item| series != NONE && engine.series_of(item) == series);
    }

    fn load_with_series(&mut self, engine: &Engine, state: MemberState<'_>, is_wanted: impl Fn(u32) -> bool) {
        self.load_evidence(engine, state);
        self.load_vector(engine, state);
        let withdrawn = withdrawn(engine, state.row, state.live);
        self.load_recent(engine, state, &withdrawn);
        self.load_activity(engine, state);
        self.load_memberships(engine, state);
        self.load_series(engine, state, &withdrawn, is_wanted);
    }

    fn load_vector(&mut self, engine: &Engine, state: MemberState<'_>) {
        self.vector_explanation.take();
        self.vector.clear();
        match (state.live.and_then(|live| live.vector(engine, state.row)), state.row) {
            (Some(vector), _) => self.vector.extend_from_slice(vector),
            (None, Some(row)) => self.vector.extend_from_slice(stored_vector(engine, row)),
            (None, None) => {}
        }
    }

    /// Loads only the data that preferences need.
    pub(crate) fn load_evidence(&mut self, engine: &Engine, state: MemberState<'_>) {
        self.facts = MemberFacts::of(engine, state.row);
        self.evidence.clear();
        if let Some(row) = state.row {
            self.evidence.extend(engine.snapshot().model.preferences.evidence.pairs(row));
        }
        self.deleted.clear();
        match (state.consent.map_or(&[][..], |consent| &consent.topics), state.live) {
            ([], Some(live)) => self.evidence.extend_from_slice(live.evidence(engine, state.row)),
            ([], None) => {}
            (deleted, live) => {
                self.deleted.extend(deleted.iter().map(|&(topic, _)| topic));
                // A later snapshot was built without the deleted events.
                let as_of = engine.snapshot().as_of;
                self.evidence.retain(|&(topic, _)| state.deleted(topic).is_none_or(|at| at < as_of));
                let events = live.map_or(&[][..], |live| &live.events).iter();
                let counts =
                    |event: &&ItemEvent| interaction_weight(event.kind) > 0.0 && !engine.is_sensitive_item(event.item);
                for event in events.filter(counts) {
                    let topics = engine.snapshot().items.topics.row(event.item as usize);
                    let weight = attention_weight(event.kind, event.weight) / topics.len() as f32;
                    let counts = |topic: &&u32| state.deleted(**topic).is_none_or(|at| at < event.at);
                    self.evidence.extend(topics.iter().filter(counts).map(|&topic| (topic, weight)));
                }
            }
        }
        self.evidence_total = self.evidence.iter().fold(0.0, |sum, &(_, weight)| sum + weight);
    }

    fn load_recent(&mut self, engine: &Engine, state: MemberState<'_>, withdrawn: &[u32]) {
        let history = &engine.snapshot().history;
        let stored = state.row.map_or(0..0, |row| history.of(row));
        self.recent.clear();
        let live = state.live.map_or(&[][..], |live| &live.events);
        for event in live.iter().rev() {
            self.add_recent(engine, event.item, event.kind, withdrawn);
        }
        // A live cancellation can bring forward an event that is not marked, because the one that it withdraws was later.
        if live.iter().any(|event| event.kind == EventKind::Cancel) {
            stored.rev().for_each(|at| self.add_recent(engine, history.item(at), history.kind(at), withdrawn));
        } else {
            let n_live = self.recent.len();
            for at in engine.member_columns().recent_actions.latest_first(stored) {
                let (item, kind) = (history.item(at), history.kind(at));
                let is_known = self.recent[..n_live].iter().any(|&(known, _)| known == item);
                if !is_known && self.recent.len() < MAX_RECENT_ITEMS {
                    self.recent.push((item, kind));
                }
            }
        }
    }

    fn add_recent(&mut self, engine: &Engine, item: u32, kind: EventKind, withdrawn: &[u32]) {
        if self.recent.len() < MAX_RECENT_ITEMS
            && is_own_action(engine, item, kind, withdrawn)
            && !self.recent.iter().any(|&(known, _)| known == item)
        {
            self.recent.push((item, kind));
        }
    }

    fn load_activity(&mut self, engine: &Engine, state: MemberState<'_>) {
        let snapshot = engine.snapshot();
        let mut of_kind = [0.0_f32; 5];
        self.brought_children = false;
        let mut count = |item: u32, children: u32| {
            of_kind[snapshot.items.kind[item as usize] as usize] += 1.0;
            self.brought_children |= children > 0;
        };
        for at in state.row.map_or(0..0, |row| snapshot.sign_ups.of(row)) {
            count(snapshot.sign_ups.item[at], snapshot.sign_ups.children[at]);
        }
        if let Some(live) = state.live {
            live.sign_ups.iter().for_each(|sign_up| count(sign_up.item, sign_up.children));
        }
        self.activity = match (state.live, state.row) {
            (None, Some(row)) => engine.member_columns().activity(row),
            (None, None) => ActivityFeatures::default(),
            (Some(live), row) => {
                let mut counts = row.map(|row| engine.member_columns().counts(row)).unwrap_or_default();
                let mut now = snapshot.as_of;
                for event in live.events.iter().filter(|event| !engine.is_sensitive_item(event.item)) {
                    counts.add(event.kind, event.at, snapshot.as_of);
                    now = now.max(event.at);
                }
                ActivityFeatures::of(counts, now)
            }
        };
        // Most members signed up for few kinds.
        self.log_sign_ups_of_kind = of_kind.map(|count| if count > 0.0 { count.ln_1p() } else { 0.0 });
    }

    fn load_memberships(&mut self, engine: &Engine, state: MemberState<'_>) {
        self.memberships.clear();
        let memberships = &engine.snapshot().members.memberships;
        self.memberships.extend(state.row.map_or(&[][..], |row| memberships.row(row)));
    }

    /// Adds up the actions on items in a series, among those that are wanted.
    pub(super) fn load_series(
        &mut self,
        engine: &Engine,
        state: MemberState<'_>,
        withdrawn: &[u32],
        is_wanted: impl Fn(u32) -> bool,
    ) {
        let snapshot = engine.snapshot();
        self.series.clear();
        let history = &snapshot.history;
        let stored = state.row.map_or(0..0, |row| history.of(row));
        let stored = stored.map(|at| (history.item(at), history.kind(at), history.at(at)));
        let live =
            state.live.map_or(&[][..], |live| &live.events).iter().map(|event| (event.item, event.kind, event.at));
        for (item, kind, at) in stored.chain(live) {
            if is_wanted(item) && kind != EventKind::Attended && is_own_action(engine, item, kind, withdrawn) {
                add(&mut self.series, engine.series_of(item), series_weight(snapshot.as_of - at));
            }
        }
        self.series.iter_mut().for_each(|(_, sum)| *sum = sum.ln_1p());
    }

    /// `ln(1 + own actions)` on items of a series, with a half-life of 90 days.
    pub(crate) fn series_actions(&self, series: u32) -> f32 {
        sum_of(&self.series, series)
    }

    /// Decayed weight of the member's own reads and sign-ups with this topic.
    pub(crate) fn evidence_for(&self, topic: u32) -> f32 {
        // Not `sum`, which returns -0.0 for an empty iterator.
        self.evidence.iter().filter(|&&(known, _)| known == topic).fold(0.0, |sum, &(_, weight)| sum + weight)
    }
}

/// A member's vector in the snapshot. Empty without a factor model.
#[inline(always)]
pub(super) fn stored_vector(engine: &Engine, row: usize) -> &[f32] {
    engine.snapshot().model.factors.as_ref().map_or(&[], |factors| {
        let rank = factors.rank as usize;
        &factors.members[row * rank..(row + 1) * rank]
    })
}

/// Whether an event counts as one of the member's own actions.
fn is_own_action(engine: &Engine, item: u32, kind: EventKind, withdrawn: &[u32]) -> bool {
    is_current_action(item, kind, withdrawn) && !engine.is_sensitive_item(item)
}

/// Adds to the sum of a key, with keys in ascending order.
fn add(sums: &mut Vec<(u32, f32)>, key: u32, weight: f32) {
    match sums.binary_search_by_key(&key, |&(known, _)| known) {
        Ok(place) => sums[place].1 += weight,
        Err(place) => sums.insert(place, (key, weight)),
    }
}

fn sum_of(sums: &[(u32, f32)], key: u32) -> f32 {
    sums.binary_search_by_key(&key, |&(known, _)| known).map_or(0.0, |place| sums[place].1)
}
