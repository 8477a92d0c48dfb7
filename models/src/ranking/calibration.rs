//! From logits to probabilities that hold: correction for sampled negatives, then Platt's scaling on a later window.

use linfa::{ParamGuard, composing::platt_scaling};
use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

use crate::ModelError;

/// A line through the logits, `slope·logit + shift`, fitted on examples the ranker did not learn from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Above zero where the ranker orders the window's examples rightly; below 1 where it is too sure of itself.
    pub slope: f32,
    /// Above zero where responses became more frequent than the ranker learnt.
    pub shift: f32,
}

impl Calibration {
    /// Leaves logits as they are.
    pub const IDENTITY: Self = Self { slope: 1.0, shift: 0.0 };

    /// Fits slope and shift (Platt 1999; Newton's method of Lin, Lin and Weng 2007, by linfa).
    ///
    /// Targets are smoothed as Platt has it, `(n₊+1)/(n₊+2)` and `1/(n₋+2)`, so that a window in which all high logits
    /// responded does not end in certainty.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] unless the window has an example of each outcome, [`ModelError::BadParameter`] for
    /// lengths that differ or a logit that is not finite, [`ModelError::Diverged`] if no finite line is found.
    pub fn fit(logits: &[f32], outcomes: &[bool]) -> Result<Self, ModelError> {
        let bad = |value: String, bounds: String| ModelError::BadParameter {
            name: "calibration.logits".into(),
            value,
            bounds,
        };
        if logits.len() != outcomes.len() {
            return Err(bad(format!("{} numbers", logits.len()), format!("{} numbers long", outcomes.len())));
        }
        if let Some(logit) = logits.iter().find(|logit| !logit.is_finite()) {
            return Err(bad(logit.to_string(), "finite".into()));
        }
        let responses = outcomes.iter().filter(|&&outcome| outcome).count();
        if responses == 0 || responses == outcomes.len() {
            return Err(ModelError::NotEnoughData(format!(
                "calibration needs responses and non-responses; of {} examples {responses} responded",
                outcomes.len()
            )));
        }
        let params: platt_scaling::PlattValidParams<f64, ()> =
            platt_scaling::PlattParams::default().check().map_err(|_| ModelError::Diverged("calibration"))?;
        let logits: Vec<f64> = logits.iter().map(|&logit| f64::from(logit)).collect();
        let (a, b) = platt_scaling::platt_newton_method(ArrayView1::from(&logits), ArrayView1::from(outcomes), &params)
            .map_err(|_| ModelError::Diverged("calibration"))?;
        let fitted = Self { slope: -a as f32, shift: -b as f32 };
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
