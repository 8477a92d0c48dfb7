//! What one member did since the snapshot.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use zhihui_data::{
    SignUpStatus,
    snapshot::{EventKind, EventWeight},
};

use super::sign_up::{Deed, LiveSignUp};
use crate::Engine;
use crate::scoring::{MemberFacts, attention_weight, event_weight, fold_in, interaction_weight};

/// Interactions that a vector is folded in from, the latest ones: bounds the work of one event.
const FOLD_IN_HISTORY: usize = 2_000;

/// Everything that differs from the snapshot for one member. What counts is when things happened, not when they were told.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveMember {
    /// Events on known items, ascending in time.
    pub(crate) events: Vec<Event>,
    /// Standing sign-ups that changed, ascending in item.
    pub(crate) sign_ups: Vec<LiveSignUp>,
    /// What the standing sign-ups follow from, ascending in time.
    pub(super) deeds: Vec<Deed>,
    /// What was said about following, ascending in time.
    follows: Vec<FollowWord>,
    /// What was said about personalised lists, in the order of receipt.
    consents: Vec<ConsentWord>,
    /// `WeChat` ids that were bound to this member, ascending in time; each may be another's by now.
    pub(super) bound: Vec<(i64, String)>,
    /// Whether the `WeChat` id that the snapshot knows was bound to somebody else, at least for a time.
    pub(super) own_openid_is_contested: bool,
    pub(crate) forgotten: bool,
    /// `WeChat` ids under which some of this was told.
    openids: Vec<String>,
    moved: OnceLock<Moved>,
}

/// Under whose name something was told: 0 the member's, else one more than the place of the `WeChat` id among the member's.
/// What was told under an id goes with it when the id turns out to be somebody else's.
pub(super) type ToldBy = u32;

/// The member follows or left the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FollowWord {
    at: i64,
    follows: bool,
    told_by: ToldBy,
}

/// The member allows or refuses personalised lists. Clocks of senders differ, so the order of receipt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConsentWord {
    /// Number in the event inbox.
    pub(super) sequence: u64,
    /// Microseconds since 1970 in UTC, as the sender gave them.
    pub(super) at: i64,
    pub(super) allowed: bool,
    pub(super) told_by: ToldBy,
}

/// What follows from the events, made once when it is first looked at after an event.
#[derive(Debug, Clone, Default)]
struct Moved {
    /// The folded-in vector, where an event moved it.
    vector: Option<Vec<f32>>,
    /// Evidence for topics beyond the snapshot's.
    evidence: Vec<(u32, f32)>,
}

/// One event on a known item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) kind: EventKind,
    pub(crate) item: u32,
    pub(super) told_by: ToldBy,
    pub(crate) weight: EventWeight,
}

impl LiveMember {
    /// Somebody who asked to be erased.
    pub(super) fn forgotten() -> Self {
        Self { forgotten: true, ..Self::default() }
    }

    pub(crate) fn sign_up(&self, item: u32) -> Option<&LiveSignUp> {
        self.sign_ups.iter().find(|sign_up| sign_up.item == item)
    }

    /// The vector that training would give to what is known now; `None` where no event moved it.
    pub(crate) fn vector(&self, engine: &Engine, row: Option<usize>) -> Option<&[f32]> {
        self.moved(engine, row).vector.as_deref()
    }

    /// Evidence for topics that events added: topic and weight.
    pub(crate) fn evidence(&self, engine: &Engine, row: Option<usize>) -> &[(u32, f32)] {
        &self.moved(engine, row).evidence
    }

    pub(super) fn insert(&mut self, event: Event) {
        let place = self.events.partition_point(|earlier| *earlier <= event);
        self.events.insert(place, event);
        if moves(event.kind) {
            self.moved = OnceLock::new();
        }
    }

    pub(super) fn put_sign_up(&mut self, sign_up: LiveSignUp) {
        match self.sign_ups.binary_search_by_key(&sign_up.item, |standing| standing.item) {
            Ok(place) => self.sign_ups[place] = sign_up,
            Err(place) => self.sign_ups.insert(place, sign_up),
        }
    }

    /// The mark of what is told under this `WeChat` id, or under the member's own name.
    pub(super) fn told_by(&mut self, openid: Option<&str>) -> ToldBy {
        let Some(openid) = openid else { return 0 };
        let place = self.openids.iter().position(|known| known == openid).unwrap_or_else(|| {
            self.openids.push(openid.to_owned());
            self.openids.len() - 1
        });
        place as ToldBy + 1
    }

    pub(super) fn add_follow(&mut self, at: i64, follows: bool, told_by: ToldBy) {
        let place = self.follows.partition_point(|earlier| earlier.at <= at);
        self.follows.insert(place, FollowWord { at, follows, told_by });
    }

    pub(super) fn add_consent(&mut self, word: ConsentWord) {
        let place = self.consents.partition_point(|earlier| earlier.sequence <= word.sequence);
        self.consents.insert(place, word);
    }

    /// Whether the member follows, by the latest event.
    pub(super) fn follows(&self) -> Option<bool> {
        self.follows.last().map(|word| word.follows)
    }

    /// What was received last about personalised lists.
    pub(super) fn consent(&self) -> Option<ConsentWord> {
        self.consents.last().copied()
    }

    /// Keeps that a `WeChat` id was bound to this member.
    pub(super) fn bind(&mut self, at: i64, openid: &str) {
        let place = self.bound.partition_point(|(earlier, _)| *earlier <= at);
        self.bound.insert(place, (at, openid.to_owned()));
    }

    /// Takes out what was told under a `WeChat` id; the sign-ups that it touches are to be settled.
    pub(super) fn part_with(&mut self, openid: &str) -> Part {
        let Some(place) = self.openids.iter().position(|known| known == openid) else { return Part::default() };
        let told_by = place as ToldBy + 1;
        self.moved = OnceLock::new();
        Part {
            events: self.events.extract_if(.., |event| event.told_by == told_by).collect(),
            deeds: self.deeds.extract_if(.., |deed| deed.told_by == told_by).collect(),
            follows: self.follows.extract_if(.., |word| word.told_by == told_by).collect(),
            consents: self.consents.extract_if(.., |word| word.told_by == told_by).collect(),
        }
    }

    /// Takes over what was told under a `WeChat` id; the sign-ups that it touches are to be settled.
    pub(super) fn absorb(&mut self, part: Part, openid: &str) {
        let told_by = self.told_by(Some(openid));
        for event in part.events {
            self.insert(Event { told_by, ..event });
        }
        for deed in part.deeds {
            self.add_deed(Deed { told_by, ..deed });
        }
        for word in part.follows {
            self.add_follow(word.at, word.follows, told_by);
        }
        for word in part.consents {
            self.add_consent(ConsentWord { told_by, ..word });
        }
    }

    fn moved(&self, engine: &Engine, row: Option<usize>) -> &Moved {
        self.moved.get_or_init(|| {
            let mut evidence = Vec::new();
            for event in &self.events {
                let weight = attention_weight(event.kind, event.weight);
                if weight > 0.0 && !engine.is_sensitive_item(event.item) {
                    let topics = engine.snapshot().items.topics.row(event.item as usize);
                    evidence.extend(topics.iter().map(|&topic| (topic, weight / topics.len() as f32)));
                }
            }
            Moved { vector: self.fold(engine, row), evidence }
        })
    }

    fn fold(&self, engine: &Engine, row: Option<usize>) -> Option<Vec<f32>> {
        let factors = engine.snapshot().model.factors.as_ref()?;
        let moves = |event: &Event| moves(event.kind) && !engine.is_sensitive_item(event.item);
        if !self.events.iter().any(moves) {
            return None;
        }
        let history = weighed_history(engine, row, Some(self));
        let mut vector = fold_in(factors, &history)?;
        factors.shrink_to_band(MemberFacts::of(engine, row).band, total_weight(&history), &mut vector);
        Some(vector)
    }
}

/// Distinct items without sensitive topics that somebody took, latest first, each with the weight of the heaviest event; of very many the latest.
pub(crate) fn weighed_history(engine: &Engine, row: Option<usize>, live: Option<&LiveMember>) -> Vec<(u32, f32)> {
    let history = &engine.snapshot().history;
    let withdrawn = withdrawn(engine, row, live);
    let stands = |item: u32, kind: EventKind| kind != EventKind::SignUp || !withdrawn.contains(&item);
    let stored = row
        .map_or(0..0, |row| history.of(row))
        .filter(|&at| stands(history.item[at], history.kind[at]))
        .map(|at| (history.item[at], event_weight(history.kind[at], history.weight_of(at))));
    let added = live
        .map_or(&[][..], |live| &live.events)
        .iter()
        .filter(|event| stands(event.item, event.kind))
        .map(|event| (event.item, event_weight(event.kind, event.weight)));
    let mut is_seen = vec![false; engine.snapshot().items.id.len()];
    let (mut items, mut weights) = (Vec::<u32>::new(), Vec::<f32>::new());
    for (item, weight) in added.rev().chain(stored.rev()) {
        if weight <= 0.0 || engine.is_sensitive_item(item) {
            continue;
        }
        if std::mem::replace(&mut is_seen[item as usize], true) {
            // Rare: most items are taken once.
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

/// Whether an event changes what a vector is folded in from.
fn moves(kind: EventKind) -> bool {
    interaction_weight(kind) > 0.0 || kind == EventKind::Cancel
}

/// Items whose sign-up by somebody was cancelled and not renewed.
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

/// The weight of a history.
pub(crate) fn total_weight(history: &[(u32, f32)]) -> f32 {
    history.iter().map(|&(_, weight)| weight).sum()
}

/// What was told under one `WeChat` id.
#[derive(Debug, Default)]
pub(super) struct Part {
    events: Vec<Event>,
    deeds: Vec<Deed>,
    follows: Vec<FollowWord>,
    consents: Vec<ConsentWord>,
}

impl Part {
    /// Items about whose sign-ups something was told.
    pub(super) fn signed_up(&self) -> BTreeSet<u32> {
        self.deeds.iter().map(|deed| deed.item).collect()
    }
}

/// Whether a sign-up of this status keeps its tickets.
pub(super) fn tickets_held(sign_up: LiveSignUp) -> i64 {
    if SignUpStatus::holds_seats(sign_up.status) { i64::from(sign_up.tickets) } else { 0 }
}
