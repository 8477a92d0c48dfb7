//! Members' topic shares as a dense matrix, and their square roots for Hellinger distances.

use ndarray::Array2;
use rand::{SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;

use crate::ModelError;

/// Topic shares, one row for each member; each row sums to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares<'a> {
    values: &'a [f32],
    pub(super) n_topics: usize,
}

impl<'a> Shares<'a> {
    pub(super) fn new(values: &'a [f32], n_topics: usize, name: &str) -> Result<Self, ModelError> {
        if n_topics == 0 || values.is_empty() {
            return Err(ModelError::NotEnoughData(format!(
                "{name} needs at least one member and one topic; load articles with topics and their reads first"
            )));
        }
        let bad =
            |value: String, bounds: String| ModelError::bad_parameter(format!("{name}.preferences"), value, bounds);
        if !values.len().is_multiple_of(n_topics) {
            return Err(bad(format!("{} numbers", values.len()), format!("whole rows of {n_topics}")));
        }
        match values.iter().position(|share| !(share.is_finite() && *share >= 0.0)) {
            Some(at) => {
                let place = format!("{} for member {}, topic {}", values[at], at / n_topics, at % n_topics);
                Err(bad(place, "a finite number of 0 or more".into()))
            }
            None => Ok(Self { values, n_topics }),
        }
    }

    pub(super) fn n_members(&self) -> usize {
        self.values.len() / self.n_topics
    }

    pub(super) fn row(&self, member: usize) -> &'a [f32] {
        &self.values[member * self.n_topics..(member + 1) * self.n_topics]
    }

    pub(super) fn all(&self) -> &'a [f32] {
        self.values
    }

    /// At most `size` random members in ascending order.
    pub(super) fn sample(&self, size: usize, seed: u64) -> Vec<usize> {
        let n = self.n_members();
        if n <= size {
            return (0..n).collect();
        }
        let mut drawn = index::sample(&mut ChaCha8Rng::seed_from_u64(seed), n, size).into_vec();
        drawn.sort_unstable();
        drawn
    }

    /// Square roots of the shares of these members. Their Euclidean distances are Hellinger distances times √2, which
    /// weigh 0.01 against 0.05 like 0.4 against 0.53.
    pub(super) fn roots(&self, members: &[usize]) -> Array2<f64> {
        Array2::from_shape_fn((members.len(), self.n_topics), |(at, topic)| {
            f64::from(self.row(members[at])[topic]).sqrt()
        })
    }
}
