//! What a search may move, and the rungs on which it stops.

use serde_json::{Value, json};

use crate::train::TrainOptions;
use crate::train::neighbours::NeighbourModel;

/// One setting and the values that are tried.
#[derive(Debug)]
pub(super) struct Dial {
    /// As it stands in `zhihui.toml` and in the model card.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    read: fn(&TrainOptions) -> f64,
    write: fn(&mut TrainOptions, f64),
}

/// What its values are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Ascending numbers.
    Ladder(&'static [f64]),
    /// The places of [`NeighbourModel::ALL`].
    Words,
}

/// Half-lives of popularity in days, from a news site's (a quarter of an hour) to a library's.
const HALF_LIVES: &[f64] = &[0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 7.0, 14.0, 30.0, 90.0];

/// Entries for which a prior counts.
const PRIORS: &[f64] = &[0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// The dials in the order of what they are likely to change. What a preference is stays as configured: people read it.
pub(super) const DIALS: [Dial; 9] = [
    Dial {
        name: "popularity_half_life_days.articles",
        kind: Kind::Ladder(HALF_LIVES),
        read: |options| f64::from(options.popularity_half_life_days[0]),
        write: |options, value| options.popularity_half_life_days[0] = value as f32,
    },
    Dial {
        name: "popularity_half_life_days.activities",
        kind: Kind::Ladder(HALF_LIVES),
        read: |options| f64::from(options.popularity_half_life_days[1]),
        write: |options, value| options.popularity_half_life_days[1] = value as f32,
    },
    Dial {
        name: "ials.unobserved_weight",
        kind: Kind::Ladder(&[0.003, 0.01, 0.03, 0.1, 0.3, 1.0]),
        read: |options| f64::from(options.ials.unobserved_weight),
        write: |options, value| options.ials.unobserved_weight = value as f32,
    },
    Dial {
        name: "neighbours",
        kind: Kind::Ladder(&[10.0, 20.0, 50.0, 100.0, 200.0]),
        read: |options| options.neighbours as f64,
        write: |options, value| options.neighbours = value as usize,
    },
    Dial {
        name: "neighbour_model",
        kind: Kind::Words,
        read: |options| options.neighbour_model as usize as f64,
        write: |options, value| options.neighbour_model = NeighbourModel::ALL[value as usize],
    },
    Dial {
        name: "member_prior",
        kind: Kind::Ladder(PRIORS),
        read: |options| f64::from(options.member_prior),
        write: |options, value| options.member_prior = value as f32,
    },
    Dial {
        name: "item_prior",
        kind: Kind::Ladder(PRIORS),
        read: |options| f64::from(options.item_prior),
        write: |options, value| options.item_prior = value as f32,
    },
    Dial {
        name: "ials.regularisation",
        kind: Kind::Ladder(&[0.001, 0.003, 0.008, 0.03, 0.1]),
        read: |options| f64::from(options.ials.regularisation),
        write: |options, value| options.ials.regularisation = value as f32,
    },
    Dial {
        name: "ials.factors",
        kind: Kind::Ladder(&[16.0, 32.0, 64.0]),
        read: |options| options.ials.factors as f64,
        write: |options, value| options.ials.factors = value as usize,
    },
];

impl Dial {
    /// The settings with this one at the next rung, `None` at the end.
    pub(super) fn step(&self, options: &TrainOptions, up: bool) -> Option<TrainOptions> {
        let Kind::Ladder(rungs) = self.kind else { return None };
        // Settings are stored with less precision than the rungs are written with.
        let (value, slack) = ((self.read)(options), 1e-6);
        let rung = if up {
            rungs.iter().find(|&&rung| rung > value * (1.0 + slack))
        } else {
            rungs.iter().rev().find(|&&rung| rung < value * (1.0 - slack))
        }?;
        Some(self.at(options, *rung))
    }

    /// The settings with each other word.
    pub(super) fn others(&self, options: &TrainOptions) -> Vec<TrainOptions> {
        let current = (self.read)(options);
        let places = (0..NeighbourModel::ALL.len()).map(|place| place as f64);
        places.filter(|&place| place != current).map(|place| self.at(options, place)).collect()
    }

    /// The settings with this one as in `other`.
    pub(super) fn copied(&self, options: &TrainOptions, other: &TrainOptions) -> TrainOptions {
        self.at(options, (self.read)(other))
    }

    fn at(&self, options: &TrainOptions, value: f64) -> TrainOptions {
        let mut moved = options.clone();
        (self.write)(&mut moved, value);
        moved
    }

    /// The value as people write it.
    pub(super) fn tell(&self, options: &TrainOptions) -> Value {
        if matches!(self.kind, Kind::Words) {
            return json!(options.neighbour_model);
        }
        // As f32 the rungs would show digits that nobody wrote.
        let value = ((self.read)(options) * 1e6).round() / 1e6;
        if value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
    }
}
