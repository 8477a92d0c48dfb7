//! The degree-normalised graph of members and items and its leading singular vectors, shared by all filters.

use std::sync::{Arc, Mutex};

use faer::MatMut;

use crate::recommenders::linear_filter::LinearFilter;
use crate::recommenders::truncated_svd::{TruncatedSvd, megabytes, truncated_svd};
use crate::{ModelError, UserItems};

/// The matrix divided by the square roots of both degrees, its linear filter, and the singular vectors computed so far.
#[derive(Debug)]
pub(crate) struct Graph {
    /// Sum of weights of each item.
    pub(crate) degrees: Vec<f32>,
    pub(crate) linear: LinearFilter,
    normalised: UserItems,
    seed: u64,
    /// Minimum number of singular vectors to compute at once.
    min_vectors: usize,
    singular_vectors: Mutex<Option<Arc<SingularVectors>>>,
}

/// Singular values of the normalised matrix and its right singular vectors.
#[derive(Debug)]
pub(crate) struct SingularVectors {
    /// The requested number, which may exceed the rank.
    requested: usize,
    /// Singular values in descending order.
    pub(crate) values: Vec<f32>,
    /// Items × values in row order. Each item's row is multiplied by the square root of its degree.
    pub(crate) vectors: Vec<f32>,
}

impl Graph {
    /// `min_vectors` is the number of singular vectors that later filters are expected to request.
    pub(crate) fn new(interactions: &UserItems, seed: u64, min_vectors: usize) -> Self {
        let (user_degrees, degrees) = (interactions.row_sums(), interactions.column_sums());
        let normalised = interactions.map_weights(|user, item, weight| {
            if weight > 0.0 { weight / (user_degrees[user].sqrt() * degrees[item].sqrt()) } else { 0.0 }
        });
        Self {
            degrees,
            linear: LinearFilter::new(&normalised),
            normalised,
            seed,
            min_vectors,
            singular_vectors: Mutex::default(),
        }
    }

    /// Returns at least `count` singular vectors, or all of them. If more are requested later, the next power of two is
    /// computed.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] if the decomposition needs more than `memory_mb`, [`ModelError::Diverged`] if its
    /// result is not finite.
    pub(crate) fn singular_vectors(&self, count: usize, memory_mb: usize) -> Result<Arc<SingularVectors>, ModelError> {
        let mut known = self.singular_vectors.lock().map_err(|_| ModelError::Diverged("gf_cf"))?;
        if let Some(singular_vectors) = known.as_ref().filter(|singular_vectors| singular_vectors.requested >= count) {
            return Ok(Arc::clone(singular_vectors));
        }
        let requested = if known.is_some() { count.next_power_of_two() } else { count.max(self.min_vectors) };
        let needed_mb = megabytes(&self.normalised, requested);
        if needed_mb > memory_mb {
            return Err(ModelError::TooLarge {
                what: format!("gf_cf with {requested} vectors"),
                needed_mb,
                allowed_mb: memory_mb,
                remedy: "lower gf_cf.vectors (0 uses the linear filter only), or raise gf_cf.memory_mb".into(),
            });
        }
        let TruncatedSvd { values, right } = truncated_svd(&self.normalised, requested, self.seed)?;
        let n_vectors = values.len();
        let mut vectors = vec![0.0; self.degrees.len() * n_vectors];
        MatMut::from_row_major_slice_mut(&mut vectors, self.degrees.len(), n_vectors).copy_from(&right);
        if n_vectors > 0 {
            for (vector, degree) in vectors.chunks_exact_mut(n_vectors).zip(&self.degrees) {
                vector.iter_mut().for_each(|value| *value *= degree.sqrt());
            }
        }
        let singular_vectors = Arc::new(SingularVectors { requested, values, vectors });
        *known = Some(Arc::clone(&singular_vectors));
        Ok(singular_vectors)
    }
}
