//! From logits to probabilities that hold: correction for sampled negatives, then a line through the logits that is drawn
//! towards caution by as much as there is little to fit it on.
//!
//! Platt's scaling (1999) is the most likely line. Here it has a prior, so that it also answers where a window has few
//! examples, one kind of outcome only, or none: the line of greatest posterior probability under independent normal priors
//! on its height at [`centre`](LinePrior::centre) and on its slope. Many examples give Platt's line, none the prior's.

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// A lesser slope would turn or erase the order of a list, which is not for a calibration to decide.
const MIN_SLOPE: f64 = 0.05;
/// Newton's steps at most; about six are enough.
const MAX_STEPS: usize = 100;

/// A line through the logits, `slope·logit + shift`, fitted on examples the ranker did not learn from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Above zero always; below 1 where the ranker is too sure of itself.
    pub slope: f32,
    /// Above zero where responses became more frequent than the ranker learnt.
    pub shift: f32,
}

/// What is believed of a calibration line before its examples are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinePrior {
    /// The logit about which the line turns: that of the base rate, so that a lesser slope means closer to it.
    pub centre: f64,
    /// Height of the line at the centre.
    pub level: f64,
    /// Standard deviation of the height.
    pub level_deviation: f64,
    /// Slope of the line.
    pub slope: f64,
    /// Standard deviation of the slope.
    pub slope_deviation: f64,
}

impl LinePrior {
    /// Half of what the ranker says, about the base rate: where nothing is known of how far a ranker can be trusted.
    ///
    /// `base_rate` is the share that responds, kept within one in a million of 0 and 1. The slope's deviation of 1/4 weighs
    /// as much as 16 examples of even odds one logit away from the centre; the level is left to the first few responses.
    #[must_use]
    pub fn cautious(base_rate: f64) -> Self {
        let share = base_rate.clamp(1e-6, 1.0 - 1e-6);
        let centre = (share / (1.0 - share)).ln();
        Self { centre, level: centre, level_deviation: 1.0, slope: 0.5, slope_deviation: 0.25 }
    }

    /// The same beliefs drawn about a line that was found elsewhere.
    #[must_use]
    pub fn about(self, line: Calibration) -> Self {
        let (slope, shift) = (f64::from(line.slope), f64::from(line.shift));
        Self { level: slope * self.centre + shift, slope, ..self }
    }

    fn line(self, [level, slope]: [f64; 2]) -> Calibration {
        Calibration { slope: slope as f32, shift: (level - slope * self.centre) as f32 }
    }
}

impl Calibration {
    /// Leaves logits as they are.
    pub const IDENTITY: Self = Self { slope: 1.0, shift: 0.0 };

    /// The line of greatest posterior probability; the prior's own without examples.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] for lengths that differ, a logit or a belief that is not finite, or a deviation that is
    /// not above 0; [`ModelError::Diverged`] if no finite line is found.
    pub fn fit(logits: &[f32], outcomes: &[bool], prior: LinePrior) -> Result<Self, ModelError> {
        Self::fit_weighted(logits, outcomes, None, prior)
    }

    /// As [`Calibration::fit`], each example counting for its weight: how many examples of the population it stands for.
    ///
    /// # Errors
    /// As [`Calibration::fit`], and [`ModelError::BadWeight`] for a weight that is negative or not finite.
    pub fn fit_weighted(
        logits: &[f32],
        outcomes: &[bool],
        weights: Option<&[f32]>,
        prior: LinePrior,
    ) -> Result<Self, ModelError> {
        check(logits, outcomes, prior)?;
        check_weights(weights, outcomes.len())?;
        let problem = NegativeLogPosterior { logits, outcomes, weights, prior };
        let mut point = problem.minimise([prior.level, prior.slope], false)?;
        if point[1] < MIN_SLOPE {
            point = problem.minimise([point[0], MIN_SLOPE], true)?;
        }
        let fitted = prior.line(point);
        if fitted.slope.is_finite() && fitted.shift.is_finite() {
            Ok(fitted)
        } else {
            Err(ModelError::Diverged("calibration"))
        }
    }

    /// The calibrated logit.
    #[must_use]
    pub fn apply(self, logit: f32) -> f32 {
        self.slope * logit + self.shift
    }
}

fn check(logits: &[f32], outcomes: &[bool], prior: LinePrior) -> Result<(), ModelError> {
    let bad = |name: &str, value: String, bounds: &str| {
        Err(ModelError::BadParameter { name: format!("calibration.{name}"), value, bounds: bounds.into() })
    };
    if logits.len() != outcomes.len() {
        let bounds = format!("{} numbers long", outcomes.len());
        return bad("logits", format!("{} numbers", logits.len()), &bounds);
    }
    if let Some(logit) = logits.iter().find(|logit| !logit.is_finite()) {
        return bad("logits", logit.to_string(), "finite");
    }
    for (name, belief) in [("centre", prior.centre), ("level", prior.level), ("slope", prior.slope)] {
        if !belief.is_finite() {
            return bad(name, belief.to_string(), "finite");
        }
    }
    for (name, deviation) in [("level_deviation", prior.level_deviation), ("slope_deviation", prior.slope_deviation)] {
        if !(deviation.is_finite() && deviation > 0.0) {
            return bad(name, deviation.to_string(), "a finite number above 0");
        }
    }
    Ok(())
}

fn check_weights(weights: Option<&[f32]>, examples: usize) -> Result<(), ModelError> {
    let Some(weights) = weights else { return Ok(()) };
    if weights.len() != examples {
        return Err(ModelError::BadParameter {
            name: "calibration.weights".into(),
            value: format!("{} numbers", weights.len()),
            bounds: format!("{examples} numbers long"),
        });
    }
    match weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
        Some(row) => Err(ModelError::BadWeight { row, column: 0, weight: weights[row] }),
        None => Ok(()),
    }
}

/// The negative log posterior of a height and a slope: convex, so that one way down leads to the only bottom.
struct NegativeLogPosterior<'a> {
    logits: &'a [f32],
    outcomes: &'a [bool],
    weights: Option<&'a [f32]>,
    prior: LinePrior,
}

impl NegativeLogPosterior<'_> {
    /// Newton's method with halved steps; `level_only` leaves the slope where it is.
    fn minimise(&self, from: [f64; 2], level_only: bool) -> Result<[f64; 2], ModelError> {
        let mut point = from;
        let mut value = self.value(point);
        for _ in 0..MAX_STEPS {
            let ([a, b], [aa, ab, bb]) = self.derivatives(point);
            let determinant = aa * bb - ab * ab;
            let step = if level_only {
                [a / aa, 0.0]
            } else {
                [(a * bb - b * ab) / determinant, (b * aa - a * ab) / determinant]
            };
            let halved = (0..40).map(|halvings| 0.5_f64.powi(halvings));
            let next = halved
                .map(|share| [point[0] - share * step[0], point[1] - share * step[1]])
                .map(|moved| (moved, self.value(moved)))
                .find(|&(_, lower)| lower <= value);
            let Some((moved, lower)) = next else { break };
            let gained = value - lower;
            (point, value) = (moved, lower);
            if gained <= 1e-12 * (1.0 + value.abs()) {
                break;
            }
        }
        if value.is_finite() { Ok(point) } else { Err(ModelError::Diverged("calibration")) }
    }

    fn weight(&self, at: usize) -> f64 {
        self.weights.map_or(1.0, |weights| f64::from(weights[at]))
    }

    fn value(&self, [level, slope]: [f64; 2]) -> f64 {
        let prior = self.prior;
        let miss = |logit: f32, outcome: bool| {
            let line = level + slope * (f64::from(logit) - prior.centre);
            // ln(1 + e^line) without overflow.
            line.max(0.0) + (-line.abs()).exp().ln_1p() - if outcome { line } else { 0.0 }
        };
        let pairs = self.logits.iter().zip(self.outcomes).enumerate();
        let data: f64 = pairs.map(|(at, (&logit, &outcome))| self.weight(at) * miss(logit, outcome)).sum();
        let penalty = |at: f64, believed: f64, deviation: f64| 0.5 * ((at - believed) / deviation).powi(2);
        data + penalty(level, prior.level, prior.level_deviation) + penalty(slope, prior.slope, prior.slope_deviation)
    }

    /// Gradient by height and slope, and the three entries of the curvature.
    fn derivatives(&self, [level, slope]: [f64; 2]) -> ([f64; 2], [f64; 3]) {
        let prior = self.prior;
        let (for_level, for_slope) = (prior.level_deviation.powi(-2), prior.slope_deviation.powi(-2));
        let mut gradient = [(level - prior.level) * for_level, (slope - prior.slope) * for_slope];
        let mut curvature = [for_level, 0.0, for_slope];
        for (at, (&logit, &outcome)) in self.logits.iter().zip(self.outcomes).enumerate() {
            let weight = self.weight(at);
            let from_centre = f64::from(logit) - prior.centre;
            let probability = 1.0 / (1.0 + (-(level + slope * from_centre)).exp());
            let miss = weight * (probability - f64::from(u8::from(outcome)));
            let bend = weight * probability * (1.0 - probability);
            gradient[0] += miss;
            gradient[1] += miss * from_centre;
            curvature[0] += bend;
            curvature[1] += bend * from_centre;
            curvature[2] += bend * from_centre * from_centre;
        }
        (gradient, curvature)
    }
}

/// What to add to a logit learnt from all responses and a random share `kept` (above 0, at most 1) of the non-responses.
///
/// King and Zeng, "Logistic Regression in Rare Events Data" (2001): sampling moves the intercept only.
///
/// # Errors
/// [`ModelError::BadParameter`] for a share outside its bounds.
pub fn sampled_negatives_shift(kept: f64) -> Result<f32, ModelError> {
    if kept > 0.0 && kept <= 1.0 {
        return Ok(kept.ln() as f32);
    }
    Err(ModelError::BadParameter {
        name: "calibration.kept".into(),
        value: kept.to_string(),
        bounds: "above 0 and at most 1".into(),
    })
}

/// What to add to a logit learnt where a share `sample` responded, for a population where a share `population` does.
///
/// # Errors
/// [`ModelError::BadParameter`] for a share that is not between 0 and 1, both excluded.
pub fn prior_shift(population: f64, sample: f64) -> Result<f32, ModelError> {
    let logit = |name: &str, share: f64| {
        if share > 0.0 && share < 1.0 {
            return Ok((share / (1.0 - share)).ln());
        }
        Err(ModelError::BadParameter {
            name: format!("calibration.{name}"),
            value: share.to_string(),
            bounds: "above 0 and below 1".into(),
        })
    };
    Ok((logit("population", population)? - logit("sample", sample)?) as f32)
}
