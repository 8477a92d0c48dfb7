//! What one member did since the snapshot.

use std::sync::OnceLock;

use zhihui_data::{SignUpStatus, snapshot::EventKind};

use super::sign_up::{Deed, LiveSignUp};
use crate::Engine;
use crate::scoring::{fold_in, interaction_weight};

/// Interactions that a vector is folded in from, the latest ones: bounds the work of one event.
const FOLD_IN_HISTORY: usize = 500;

/// Everything that differs from the snapshot for one member. What counts is when things happened, not when they were told.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveMember {
    /// Events on known items, ascending in time.
    pub(crate) events: Vec<Event>,
    /// Standing sign-ups that changed, in order of arrival.
    pub(crate) sign_ups: Vec<LiveSignUp>,
    /// What the standing sign-ups follow from, ascending in time.
    pub(super) deeds: Vec<Deed>,
    pub(super) follows: Option<Said>,
    pub(super) personalised: Option<Said>,
    pub(super) openid: Option<(i64, String)>,
    pub(crate) forgotten: bool,
    moved: OnceLock<Moved>,
}

/// A yes or no, and when it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) at: i64,
    pub(super) yes: bool,
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
        if interaction_weight(event.kind) > 0.0 {
            self.moved = OnceLock::new();
        }
    }

    pub(super) fn put_sign_up(&mut self, sign_up: LiveSignUp) {
        match self.sign_ups.iter_mut().find(|standing| standing.item == sign_up.item) {
            Some(standing) => *standing = sign_up,
            None => self.sign_ups.push(sign_up),
        }
    }

    /// Takes over what somebody did under a `WeChat` id before it was known whose id it is, sign-ups aside.
    pub(super) fn absorb(&mut self, other: &Self) {
        for &event in &other.events {
            self.insert(event);
        }
        for deed in &other.deeds {
            self.add_deed(*deed);
        }
        say(&mut self.follows, other.follows);
        say(&mut self.personalised, other.personalised);
    }

    fn moved(&self, engine: &Engine, row: Option<usize>) -> &Moved {
        self.moved.get_or_init(|| {
            let mut evidence = Vec::new();
            for event in &self.events {
                let weight = interaction_weight(event.kind);
                if weight > 0.0 {
                    let topics = engine.snapshot().items.topics.row(event.item as usize);
                    evidence.extend(topics.iter().map(|&topic| (topic, weight / topics.len() as f32)));
                }
            }
            Moved { vector: self.fold(engine, row), evidence }
        })
    }

    fn fold(&self, engine: &Engine, row: Option<usize>) -> Option<Vec<f32>> {
        let factors = engine.snapshot().model.factors.as_ref()?;
        if !self.events.iter().any(|event| interaction_weight(event.kind) > 0.0) {
            return None;
        }
        fold_in(factors, &weighed_history(engine, row, Some(self)))
    }
}

/// Distinct items that somebody took, latest first, each with the weight of the heaviest event; of very many the latest.
pub(crate) fn weighed_history(engine: &Engine, row: Option<usize>, live: Option<&LiveMember>) -> Vec<(u32, f32)> {
    let history = &engine.snapshot().history;
    let stored = row.map_or(0..0, |row| history.of(row)).map(|at| (history.item[at], history.kind[at]));
    let added = live.map_or(&[][..], |live| &live.events).iter().map(|event| (event.item, event.kind));
    let mut weights: Vec<(u32, f32)> = Vec::new();
    for (item, kind) in added.rev().chain(stored.rev()) {
        let weight = interaction_weight(kind);
        let is_full = weights.len() == FOLD_IN_HISTORY;
        match weights.iter_mut().find(|(known, _)| *known == item) {
            Some((_, known)) => *known = known.max(weight),
            None if weight > 0.0 && !is_full => weights.push((item, weight)),
            None => {}
        }
    }
    weights
}

/// Takes a word that was not said before the one that counts.
pub(super) fn say(counts: &mut Option<Said>, new: Option<Said>) {
    if let Some(new) = new
        && counts.is_none_or(|said| said.at <= new.at)
    {
        *counts = Some(new);
    }
}

/// Whether a sign-up of this status keeps its tickets.
pub(super) fn tickets_held(sign_up: LiveSignUp) -> i64 {
    if SignUpStatus::holds_seats(sign_up.status) { i64::from(sign_up.tickets) } else { 0 }
}
