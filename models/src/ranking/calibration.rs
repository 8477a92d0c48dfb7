//! Calibrates logits: corrects for sampled negatives, then fits a line through the logits that is shrunk towards a
//! cautious prior if there are few examples.
//!
//! Platt's scaling (1999) is the line of maximum likelihood. This one is the line of maximum posterior probability,
//! with independent normal priors on its height at [`centre`](LinePrior::centre) and on its slope. It is also defined
//! for few examples, for one kind of outcome and for none. With many examples it approaches Platt's line, and without
//! any it is the prior's.

use serde::{Deserialize, Serialize};

use crate::ModelError;
use crate::bounds::check_weights;

/// Smallest slope. Below it, calibration would reverse or erase the order of a list.
const MIN_SLOPE: f64 = 0.05;
/// Largest number of Newton steps; about six are enough.
const MAX_STEPS: usize = 100;

/// A line through the logits, `slope·logit + shift`, fitted on examples that the ranker was not trained on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Always above zero; below 1 if the ranker is overconfident.
    pub slope: f32,
    /// Above zero if responses are more frequent than in training.
    pub shift: f32,
}

/// The prior distribution of a calibration line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinePrior {
    /// The logit of the base rate, about which the line rotates: a smaller slope moves probabilities towards the base
    /// rate.
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
    /// Halves the ranker's logits about the base rate, for a ranker whose reliability is unknown.
    ///
    /// `base_rate` is the share of responses, clamped to one in a million from 0 and 1. The slope's standard deviation
    /// of 1/4 has the weight of 16 examples with even odds one logit from the centre. A few responses determine the
    /// level.
    #[must_use]
    pub fn cautious(base_rate: f64) -> Self {
        let share = base_rate.clamp(1e-6, 1.0 - 1e-6);
        let centre = (share / (1.0 - share)).ln();
        Self { centre, level: centre, level_deviation: 1.0, slope: 0.5, slope_deviation: 0.25 }
    }

    /// The same prior, centred on a line that was fitted elsewhere.
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
    /// Leaves logits unchanged.
    pub const IDENTITY: Self = Self { slope: 1.0, shift: 0.0 };

    /// Fits the line of maximum posterior probability. Without examples it is the prior's.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] for different lengths, a logit or prior that is not finite, or a deviation that is
    /// not above 0; [`ModelError::Diverged`] if no finite line is found.
    pub fn fit(logits: &[f32], outcomes: &[bool], prior: LinePrior) -> Result<Self, ModelError> {
        Self::fit_weighted(logits, outcomes, None, prior)
    }

    /// Fits like [`Calibration::fit`] with weights: the number of examples of the population that each example
    /// represents.
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
        if let Some(weights) = weights {
            check_weights("calibration.weights", weights, outcomes.len())?;
        }
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
    if logits.len() != outcomes.len() {
        let bounds = format!("{} numbers long", outcomes.len());
        return Err(ModelError::bad_parameter("calibration.logits", format!("{} numbers", logits.len()), bounds));
    }
    if let Some(logit) = logits.iter().find(|logit| !logit.is_finite()) {
        return Err(ModelError::bad_parameter("calibration.logits", logit, "finite"));
    }
    for (name, belief) in [("centre", prior.centre), ("level", prior.level), ("slope", prior.slope)] {
        if !belief.is_finite() {
            return Err(ModelError::bad_parameter(format!("calibration.{name}"), belief, "finite"));
        }
    }
    for (name, deviation) in [("level_deviation", prior.level_deviation), ("slope_deviation", prior.slope_deviation)] {
        if !(deviation.is_finite() && deviation > 0.0) {
            return Err(ModelError::bad_parameter(format!("calibration.{name}"), deviation, "a finite number above 0"));
        }
    }
    Ok(())
}

/// The negative log posterior of height and slope. It is convex, so it has a single minimum.
struct NegativeLogPosterior<'a> {
    logits: &'a [f32],
    outcomes: &'a [bool],
    weights: Option<&'a [f32]>,
    prior: LinePrior,
}

impl NegativeLogPosterior<'_> {
    /// Newton's method with step halving. `level_only` keeps the slope fixed.
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

    /// The gradient by height and slope, and the three entries of the Hessian.
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

/// The correction of a logit learnt from all responses and a random share `kept` (above 0, at most 1) of the
/// non-responses.
///
/// King and Zeng, "Logistic Regression in Rare Events Data" (2001): sampling changes the intercept only.
///
/// # Errors
/// [`ModelError::BadParameter`] for a share out of bounds.
pub fn sampled_negatives_shift(kept: f64) -> Result<f32, ModelError> {
    if kept > 0.0 && kept <= 1.0 {
        return Ok(kept.ln() as f32);
    }
    Err(ModelError::bad_parameter("calibration.kept", kept, "above 0 and at most 1"))
}

/// The correction of a logit learnt at a response rate of `sample`, for a population with a response rate of
/// `population`.
///
/// # Errors
/// [`ModelError::BadParameter`] for a share that is not strictly between 0 and 1.
pub fn prior_shift(population: f64, sample: f64) -> Result<f32, ModelError> {
    let logit = |name: &str, share: f64| {
        if share > 0.0 && share < 1.0 {
            return Ok((share / (1.0 - share)).ln());
        }
        Err(ModelError::bad_parameter(format!("calibration.{name}"), share, "above 0 and below 1"))
    };
    Ok((logit("population", population)? - logit("sample", sample)?) as f32)
}
