//! Finds where a function changes from positive to negative, with few evaluations.
//!
//! The result is that of bisection, to the bit: a cell of a fixed grid. But most of its questions are answered by points
//! that regula falsi chose, and it converges faster.

/// Factor by which the search around a guess widens.
const WIDENING: f64 = 4.0;
/// First distance from the guess.
const FIRST_STEP: f64 = 0.05;
/// Points that regula falsi may choose before the halvings. They need fewer unless the function is far from smooth.
const MAX_POINTS: usize = 12;

/// Where a function changes its sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SignChange {
    /// It is not positive at the lower end of the range.
    Before,
    /// The middle of the cell in which it changes.
    At(f64),
    /// It is positive at the upper end of the range.
    After,
}

impl SignChange {
    /// Searches a range for the change of `function`, which is positive below it and not positive above. Halving the range
    /// `halvings` times gives the cells. The search begins at `near`.
    pub(super) fn search([from, until]: [f64; 2], near: f64, halvings: usize, function: impl Fn(f64) -> f64) -> Self {
        let mut known = Bracket { function, positive: None, other: None };
        let near = near.clamp(from, until);
        let (mut below, mut above) = (near - FIRST_STEP, near + FIRST_STEP);
        let mut step = FIRST_STEP;
        while known.is_positive(above.min(until)) {
            if above >= until {
                return Self::After;
            }
            step *= WIDENING;
            above += step;
        }
        while !known.is_positive(below.max(from)) {
            if below <= from {
                return Self::Before;
            }
            step *= WIDENING;
            below -= step;
        }
        known.narrow((until - from) / 2.0_f64.powi(halvings as i32 + 1));
        let (mut low, mut high) = (from, until);
        for _ in 0..halvings {
            let middle = 0.5 * (low + high);
            if known.is_positive(middle) { low = middle } else { high = middle }
        }
        Self::At(0.5 * (low + high))
    }
}

/// A point and the value there.
type Point = (f64, f64);

/// The nearest known points on both sides of the change.
struct Bracket<F> {
    function: F,
    positive: Option<Point>,
    other: Option<Point>,
}

impl<F: Fn(f64) -> f64> Bracket<F> {
    fn is_positive(&mut self, at: f64) -> bool {
        if self.positive.is_some_and(|(known, _)| at <= known) {
            return true;
        }
        if self.other.is_some_and(|(known, _)| at >= known) {
            return false;
        }
        let value = (self.function)(at);
        if value > 0.0 {
            self.positive = Some((at, value))
        } else {
            self.other = Some((at, value))
        }
        value > 0.0
    }

    /// Evaluates points until the bracket is not wider than twice `width`. The secant through both ends gives the next
    /// point; an end that stays for a second time counts half (the Illinois method, Dowell and Jarratt, 1971). Once the points
    /// are close together, the next one is beyond the expected change, so that the other end comes close, too.
    fn narrow(&mut self, width: f64) {
        let (Some(mut positive), Some(mut other)) = (self.positive, self.other) else { return };
        let mut last = None;
        for _ in 0..MAX_POINTS {
            if other.0 - positive.0 <= 2.0 * width {
                return;
            }
            let share = positive.1 / (positive.1 - other.1);
            let expected = positive.0 + share * (other.0 - positive.0);
            let nearest = (expected - positive.0).min(other.0 - expected);
            let beyond = (0.1 * nearest).max(0.5 * width);
            let at = if expected - positive.0 < other.0 - expected { expected + beyond } else { expected - beyond };
            let is_positive = self.is_positive(at);
            match (is_positive, self.positive, self.other) {
                (true, Some(found), _) => {
                    positive = found;
                    other.1 *= if last == Some(true) { 0.5 } else { 1.0 };
                }
                (false, _, Some(found)) => {
                    other = found;
                    positive.1 *= if last == Some(false) { 0.5 } else { 1.0 };
                }
                _ => return,
            }
            last = Some(is_positive);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    const RANGE: [f64; 2] = [-7.0, 14.0];

    fn bisection(function: impl Fn(f64) -> f64) -> SignChange {
        let [mut low, mut high] = RANGE;
        if function(high) > 0.0 {
            return SignChange::After;
        }
        if function(low) <= 0.0 {
            return SignChange::Before;
        }
        for _ in 0..20 {
            let middle = 0.5 * (low + high);
            if function(middle) > 0.0 { low = middle } else { high = middle }
        }
        SignChange::At(0.5 * (low + high))
    }

    proptest! {
        #[test]
        fn a_search_gives_the_cell_of_bisection(
            root in -9.0_f64..16.0, near in -9.0_f64..16.0, slope in 0.01_f64..50.0, power in 0_u8..3,
        ) {
            let function = |at: f64| {
                let distance = slope * (root - at);
                match power {
                    0 => distance,
                    1 => distance.tanh() * (1.0 + 0.5 * (at / 3.0).sin()),
                    _ => distance * distance * distance,
                }
            };
            prop_assert_eq!(SignChange::search(RANGE, near, 20, function), bisection(function));
        }
    }

    #[test]
    fn a_search_near_the_change_takes_a_third_of_the_evaluations_of_bisection() {
        for root in [-5.3, 0.2, 3.37, 9.1] {
            let evaluations = Cell::new(0);
            let function = |at: f64| {
                evaluations.set(evaluations.get() + 1);
                (root - at).tanh() * (1.0 + 0.3 * (at - root).exp().min(5.0))
            };
            SignChange::search(RANGE, root + 0.03, 20, function);
            assert!(evaluations.get() <= 8, "{} evaluations near {root}", evaluations.get());
        }
    }
}
