//! Parameters that a search may change, and the values it tries.

use serde_json::{Value, json};

use crate::train::TrainOptions;
use crate::train::neighbours::NeighbourModel;

/// One setting and its values.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Name in `zhihui.toml` and in the model card.
    pub(super) name: &'static str,
    pub(super) values: Values,
    read: fn(&TrainOptions) -> f64,
    write: fn(&mut TrainOptions, f64),
}

/// Values that are tried.
#[derive(Debug, Clone, Copy)]
pub(super) enum Values {
    /// Ascending numbers.
    Grid(&'static [f64]),
    /// Indices of [`NeighbourModel::ALL`].
    Choices,
}

/// Half-lives of popularity in days, from a news site (a quarter of an hour) to a library.
const HALF_LIVES: &[f64] = &[0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 7.0, 14.0, 30.0, 90.0];

/// Weights of a prior, in interactions.
const PRIORS: &[f64] = &[0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// Parameters in descending order of expected effect. The half-life of preferences is not searched, because people read
/// preferences.
pub(super) const PARAMETERS: [Parameter; 9] = [
    Parameter {
        name: "popularity_half_life_days.articles",
        values: Values::Grid(HALF_LIVES),
        read: |options| f64::from(options.popularity_half_life_days[0]),
        write: |options, value| options.popularity_half_life_days[0] = value as f32,
    },
    Parameter {
        name: "popularity_half_life_days.activities",
        values: Values::Grid(HALF_LIVES),
        read: |options| f64::from(options.popularity_half_life_days[1]),
        write: |options, value| options.popularity_half_life_days[1] = value as f32,
    },
    Parameter {
        name: "ials.unobserved_weight",
        values: Values::Grid(&[0.003, 0.01, 0.03, 0.1, 0.3, 1.0]),
        read: |options| f64::from(options.ials.unobserved_weight),
        write: |options, value| options.ials.unobserved_weight = value as f32,
    },
    Parameter {
        name: "neighbours",
        values: Values::Grid(&[10.0, 20.0, 50.0, 100.0, 200.0]),
        read: |options| options.neighbours as f64,
        write: |options, value| options.neighbours = value as usize,
    },
    Parameter {
        name: "neighbour_model",
        values: Values::Choices,
        read: |options| options.neighbour_model as usize as f64,
        write: |options, value| options.neighbour_model = NeighbourModel::ALL[value as usize],
    },
    Parameter {
        name: "member_prior",
        values: Values::Grid(PRIORS),
        read: |options| f64::from(options.member_prior),
        write: |options, value| options.member_prior = value as f32,
    },
    Parameter {
        name: "item_prior",
        values: Values::Grid(PRIORS),
        read: |options| f64::from(options.item_prior),
        write: |options, value| options.item_prior = value as f32,
    },
    Parameter {
        name: "ials.regularisation",
        values: Values::Grid(&[0.001, 0.003, 0.008, 0.03, 0.1]),
        read: |options| f64::from(options.ials.regularisation),
        write: |options, value| options.ials.regularisation = value as f32,
    },
    Parameter {
        name: "ials.factors",
        values: Values::Grid(&[16.0, 32.0, 64.0]),
        read: |options| options.ials.factors as f64,
        write: |options, value| options.ials.factors = value as usize,
    },
];

impl Parameter {
    /// Returns the settings with the next grid value, or `None` at the end of the grid.
    pub(super) fn step(&self, options: &TrainOptions, up: bool) -> Option<TrainOptions> {
        let Values::Grid(grid) = self.values else { return None };
        // Settings are stored with lower precision than grid values are written.
        let (value, tolerance) = ((self.read)(options), 1e-6);
        let next = if up {
            grid.iter().find(|&&next| next > value * (1.0 + tolerance))
        } else {
            grid.iter().rev().find(|&&next| next < value * (1.0 - tolerance))
        }?;
        Some(self.at(options, *next))
    }

    pub(super) fn other_choices(&self, options: &TrainOptions) -> Vec<TrainOptions> {
        let current = (self.read)(options);
        let indices = (0..NeighbourModel::ALL.len()).map(|index| index as f64);
        indices.filter(|&index| index != current).map(|index| self.at(options, index)).collect()
    }

    /// Returns the settings with the value of `other`.
    pub(super) fn copy_from(&self, options: &TrainOptions, other: &TrainOptions) -> TrainOptions {
        self.at(options, (self.read)(other))
    }

    fn at(&self, options: &TrainOptions, value: f64) -> TrainOptions {
        let mut changed = options.clone();
        (self.write)(&mut changed, value);
        changed
    }

    /// Returns the value as it is written.
    pub(super) fn to_json(&self, options: &TrainOptions) -> Value {
        if matches!(self.values, Values::Choices) {
            return json!(options.neighbour_model);
        }
        // f32 values would show additional digits.
        let value = ((self.read)(options) * 1e6).round() / 1e6;
        if value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
    }
}
