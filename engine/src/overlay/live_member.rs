//! One member's changes since the snapshot.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use zhihui_data::{
    SignUpStatus,
    snapshot::{EventKind, EventWeight},
};

use super::sign_up::{LiveSignUp, SignUpChange};
use crate::Engine;
use crate::scoring::{MemberFacts, attention_weight, event_weight, fold_in, interaction_weight};

/// Maximum number of interactions that a vector is folded in from, latest first. Limits the cost of one event.
const FOLD_IN_HISTORY: usize = 2_000;

/// One member's changes since the snapshot, ordered by event time rather than arrival time.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveMember {
    /// Events on known items, ascending in time.
    pub(crate) events: Vec<ItemEvent>,
    /// Current sign-ups that changed, ascending in item.
    pub(crate) sign_ups: Vec<LiveSignUp>,
    /// Changes that the current sign-ups are computed from, ascending in time.
    pub(super) sign_up_changes: Vec<SignUpChange>,
    /// Follow and unfollow events, ascending in time.
    follows: Vec<FollowChange>,
    /// Opt-outs and opt-ins, in the order of receipt.
    consents: Vec<ConsentChange>,
    /// Openids that were bound to this member, ascending in time. Each may have been reassigned since.
    pub(super) bound: Vec<(i64, String)>,
    /// Whether the member's openid in the snapshot was bound to another member at any time.
    pub(super) own_openid_was_rebound: bool,
    pub(crate) erased: bool,
    /// Openids under which events were reported.
    openids: Vec<String>,
    derived: OnceLock<Derived>,
}

/// The identity an event was reported with: 0 for the member id, else 1 + the index in `openids`. Events reported with
/// an openid move with it when it is reassigned.
pub(super) type SourceIndex = u32;

/// The member followed or unfollowed the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FollowChange {
    at: i64,
    follows: bool,
    source: SourceIndex,
}

/// The member allowed or refused personalised lists. Senders' clocks differ, so the order of receipt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConsentChange {
    /// Sequence number in the event inbox.
    pub(super) sequence: u64,
    /// Time given by the sender, in microseconds since 1970 in UTC.
    pub(super) at: i64,
    pub(super) allowed: bool,
    pub(super) source: SourceIndex,
}

/// Values derived from the events. Computed on the first access after an event.
#[derive(Debug, Clone, Default)]
struct Derived {
    /// The folded-in vector, or `None` if no event changes it.
    vector: Option<Vec<f32>>,
    /// Evidence for topics in addition to the snapshot's.
    evidence: Vec<(u32, f32)>,
}

/// An event on a known item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ItemEvent {
    pub(crate) at: i64,
    pub(crate) kind: EventKind,
    pub(crate) item: u32,
    pub(super) source: SourceIndex,
    pub(crate) weight: EventWeight,
}

impl LiveMember {
    /// A member who asked to be erased.
    pub(super) fn erased() -> Self {
        Self { erased: true, ..Self::default() }
    }

    pub(crate) fn sign_up(&self, item: u32) -> Option<&LiveSignUp> {
        self.sign_ups.iter().find(|sign_up| sign_up.item == item)
    }

    /// The vector that training would compute from the current history. `None` if no event changes it.
    pub(crate) fn vector(&self, engine: &Engine, row: Option<usize>) -> Option<&[f32]> {
        self.derived(engine, row).vector.as_deref()
    }

    /// Evidence for topics from the events: topic and weight.
    pub(crate) fn evidence(&self, engine: &Engine, row: Option<usize>) -> &[(u32, f32)] {
        &self.derived(engine, row).evidence
    }

    pub(super) fn insert(&mut self, event: ItemEvent) {
        let place = self.events.partition_point(|earlier| *earlier <= event);
        self.events.insert(place, event);
        if changes_vector(event.kind) {
            self.derived = OnceLock::new();
        }
    }

    pub(super) fn put_sign_up(&mut self, sign_up: LiveSignUp) {
        match self.sign_ups.binary_search_by_key(&sign_up.item, |current| current.item) {
            Ok(place) => self.sign_ups[place] = sign_up,
            Err(place) => self.sign_ups.insert(place, sign_up),
        }
    }

    /// The source index of an openid, or of the member id.
    pub(super) fn source_index(&mut self, openid: Option<&str>) -> SourceIndex {
        let Some(openid) = openid else { return 0 };
        let place = self.openids.iter().position(|known| known == openid).unwrap_or_else(|| {
            self.openids.push(openid.to_owned());
            self.openids.len() - 1
        });
        place as SourceIndex + 1
    }

    pub(super) fn add_follow(&mut self, at: i64, follows: bool, source: SourceIndex) {
        let place = self.follows.partition_point(|earlier| earlier.at <= at);
        self.follows.insert(place, FollowChange { at, follows, source });
    }

    pub(super) fn add_consent(&mut self, change: ConsentChange) {
        let place = self.consents.partition_point(|earlier| earlier.sequence <= change.sequence);
        self.consents.insert(place, change);
    }

    /// Whether the member follows the account, by the latest event.
    pub(super) fn follows(&self) -> Option<bool> {
        self.follows.last().map(|change| change.follows)
    }

    /// The last received opt-out or opt-in.
    pub(super) fn latest_consent(&self) -> Option<ConsentChange> {
        self.consents.last().copied()
    }

    /// Records that an openid was bound to this member.
    pub(super) fn bind(&mut self, at: i64, openid: &str) {
        let place = self.bound.partition_point(|(earlier, _)| *earlier <= at);
        self.bound.insert(place, (at, openid.to_owned()));
    }

    /// Removes the events reported with an openid. Call `recompute_sign_up` for the affected items afterwards.
    pub(super) fn take_events_of(&mut self, openid: &str) -> OpenidEvents {
        let Some(place) = self.openids.iter().position(|known| known == openid) else { return OpenidEvents::default() };
        let source = place as SourceIndex + 1;
        self.derived = OnceLock::new();
        OpenidEvents {
            events: self.events.extract_if(.., |event| event.source == source).collect(),
            sign_up_changes: self.sign_up_changes.extract_if(.., |change| change.source == source).collect(),
            follows: self.follows.extract_if(.., |change| change.source == source).collect(),
            consents: self.consents.extract_if(.., |change| change.source == source).collect(),
        }
    }

    /// Adds the events reported with an openid. Call `recompute_sign_up` for the affected items afterwards.
    pub(super) fn add_events_of(&mut self, taken: OpenidEvents, openid: &str) {
        let source = self.source_index(Some(openid));
        for event in taken.events {
            self.insert(ItemEvent { source, ..event });
        }
        for change in taken.sign_up_changes {
            self.add_sign_up_change(SignUpChange { source, ..change });
        }
        for change in taken.follows {
            self.add_follow(change.at, change.follows, source);
        }
        for change in taken.consents {
            self.add_consent(ConsentChange { source, ..change });
        }
    }

    fn derived(&self, engine: &Engine, row: Option<usize>) -> &Derived {
        self.derived.get_or_init(|| {
            let mut evidence = Vec::new();
            for event in &self.events {
                let weight = attention_weight(event.kind, event.weight);
                if weight > 0.0 && !engine.is_sensitive_item(event.item) {
                    let topics = engine.snapshot().items.topics.row(event.item as usize);
                    evidence.extend(topics.iter().map(|&topic| (topic, weight / topics.len() as f32)));
                }
            }
            Derived { vector: self.fold(engine, row), evidence }
        })
    }

    fn fold(&self, engine: &Engine, row: Option<usize>) -> Option<Vec<f32>> {
        let factors = engine.snapshot().model.factors.as_ref()?;
        let changes_vector = |event: &ItemEvent| changes_vector(event.kind) && !engine.is_sensitive_item(event.item);
        if !self.events.iter().any(changes_vector) {
            return None;
        }
        let history = weighed_history(engine, row, Some(self));
        let mut vector = fold_in(engine.fold_in_model()?, &history)?;
        factors.shrink_to_band(MemberFacts::of(engine, row).band, total_weight(&history), &mut vector);
        Some(vector)
    }
}

/// Distinct items without sensitive topics that the member interacted with, latest first, each with the weight of the
/// heaviest event. Long histories are cut to the latest items.
pub(crate) fn weighed_history(engine: &Engine, row: Option<usize>, live: Option<&LiveMember>) -> Vec<(u32, f32)> {
    let history = &engine.snapshot().history;
    let withdrawn = withdrawn(engine, row, live);
    let is_current = |item: u32, kind: EventKind| kind != EventKind::SignUp || !withdrawn.contains(&item);
    let stored = row
        .map_or(0..0, |row| history.of(row))
        .filter(|&at| is_current(history.item(at), history.kind(at)))
        .map(|at| (history.item(at), event_weight(history.kind(at), history.weight_of(at))));
    let added = live
        .map_or(&[][..], |live| &live.events)
        .iter()
        .filter(|event| is_current(event.item, event.kind))
        .map(|event| (event.item, event_weight(event.kind, event.weight)));
    let mut is_seen = vec![false; engine.snapshot().items.id.len()];
    let (mut items, mut weights) = (Vec::<u32>::new(), Vec::<f32>::new());
    for (item, weight) in added.rev().chain(stored.rev()) {
        if weight <= 0.0 || engine.is_sensitive_item(item) {
            continue;
        }
        if std::mem::replace(&mut is_seen[item as usize], true) {
            // Rare: most items have one event.
            if let Some(place) = items.iter().position(|&known| known == item) {
                weights[place] = weight.max(weights[place]);
            }
        } else if items.len() < FOLD_IN_HISTORY {
            items.push(item);
            weights.push(weight);
        }
    }
    items.into_iter().zip(weights).collect()
}

/// Whether an event changes the history that a vector is folded in from.
fn changes_vector(kind: EventKind) -> bool {
    interaction_weight(kind) > 0.0 || kind == EventKind::Cancel
}

/// Items whose sign-up was cancelled and not renewed.
pub(crate) fn withdrawn(engine: &Engine, row: Option<usize>, live: Option<&LiveMember>) -> Vec<u32> {
    let mut withdrawn = row.map_or_else(Vec::new, |row| engine.snapshot().history.withdrawn(row, i64::MAX));
    for event in live.map_or(&[][..], |live| &live.events) {
        match event.kind {
            EventKind::Cancel if !withdrawn.contains(&event.item) => withdrawn.push(event.item),
            EventKind::SignUp | EventKind::Attended => withdrawn.retain(|&item| item != event.item),
            _ => {}
        }
    }
    withdrawn
}

/// The total weight of a history.
pub(crate) fn total_weight(history: &[(u32, f32)]) -> f32 {
    history.iter().map(|&(_, weight)| weight).sum()
}

/// The events reported with one openid.
#[derive(Debug, Default)]
pub(super) struct OpenidEvents {
    events: Vec<ItemEvent>,
    sign_up_changes: Vec<SignUpChange>,
    follows: Vec<FollowChange>,
    consents: Vec<ConsentChange>,
}

impl OpenidEvents {
    /// The items whose sign-ups changed.
    pub(super) fn signed_up(&self) -> BTreeSet<u32> {
        self.sign_up_changes.iter().map(|change| change.item).collect()
    }
}

/// Number of tickets that a sign-up holds.
pub(super) fn tickets_held(sign_up: LiveSignUp) -> i64 {
    if SignUpStatus::holds_seats(sign_up.status) { i64::from(sign_up.tickets) } else { 0 }
}
