//! Faults: answers that WeChat or the network sometimes gives instead of the right one.

use std::collections::{BTreeMap, VecDeque};

use thiserror::Error;

use crate::simulator::seeded;

/// A fault of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// `errcode` -1. The request has no effect.
    Busy,
    /// `errcode` 45011. The request has no effect.
    TooFrequent,
    /// The request takes effect, and the connection is closed before the answer.
    Closed,
    /// The request takes effect, and the answer is late.
    Slow,
    /// The request takes effect, and the answer is a page of HTML.
    NotJson,
    /// HTTP status 502. The request has no effect.
    BadGateway,
}

/// A name that is not one of a fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown fault {0:?}; use busy, too-frequent, closed, slow, not-json or bad-gateway")]
pub struct UnknownFault(String);

impl Fault {
    /// All faults.
    pub const ALL: [Self; 6] =
        [Self::Busy, Self::TooFrequent, Self::Closed, Self::Slow, Self::NotJson, Self::BadGateway];

    /// Returns the name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::TooFrequent => "too-frequent",
            Self::Closed => "closed",
            Self::Slow => "slow",
            Self::NotJson => "not-json",
            Self::BadGateway => "bad-gateway",
        }
    }

    /// Finds a fault by its name.
    ///
    /// # Errors
    /// [`UnknownFault`].
    pub fn parse(name: &str) -> Result<Self, UnknownFault> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == name).ok_or_else(|| UnknownFault(name.to_owned()))
    }

    /// Returns whether the request takes effect.
    pub(crate) fn takes_effect(self) -> bool {
        matches!(self, Self::Closed | Self::Slow | Self::NotJson)
    }
}

/// Decides which answers have faults.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    rate: f64,
    kinds: Vec<Fault>,
    /// Faults of the next answers.
    scripted: VecDeque<Fault>,
    calls: u64,
    injected: BTreeMap<Fault, u64>,
}

impl Faults {
    pub(super) fn new(seed: u64, rate: f64, kinds: Vec<Fault>) -> Self {
        Self { seed, rate, kinds, scripted: VecDeque::new(), calls: 0, injected: BTreeMap::new() }
    }

    /// Returns the fault of the next answer.
    pub(crate) fn next(&mut self) -> Option<Fault> {
        self.calls += 1;
        let drawn = || {
            let is_faulty = seeded::share(self.seed, "has a fault", self.calls) < self.rate;
            let count = self.kinds.len() as u64;
            let place = seeded::draw(self.seed, "kind of fault", self.calls).checked_rem(count)?;
            is_faulty.then(|| self.kinds[place as usize])
        };
        let fault = self.scripted.pop_front().or_else(drawn)?;
        *self.injected.entry(fault).or_default() += 1;
        Some(fault)
    }

    /// Sets the share of answers with a fault.
    pub(crate) fn set_rate(&mut self, rate: f64) {
        self.rate = rate.clamp(0.0, 1.0);
    }

    /// Adds faults for the next answers.
    pub(crate) fn script(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.scripted.extend(faults);
    }

    /// Returns the number of answers and of each fault.
    pub(crate) fn overview(&self) -> (u64, &BTreeMap<Fault, u64>) {
        (self.calls, &self.injected)
    }
}
