//! The degree-normalised graph of members and items, and its leading waves, computed once for all filters on it.

use std::sync::{Arc, Mutex};

use faer::MatMut;

use crate::recommenders::linear_filter::LinearFilter;
use crate::recommenders::truncated_svd::{TruncatedSvd, megabytes, truncated_svd};
use crate::{ModelError, UserItems};

/// The matrix divided by the roots of both degrees, its square, and as much of its spectrum as somebody asked for.
#[derive(Debug)]
pub(crate) struct Graph {
    /// Sum of weights of each item.
    pub(crate) degrees: Vec<f32>,
    pub(crate) linear: LinearFilter,
    normalised: UserItems,
    seed: u64,
    /// Waves to compute when any are asked for.
    min_vectors: usize,
    singular_vectors: Mutex<Option<Arc<SingularVectors>>>,
}

/// Singular values of the normalised matrix and its right singular vectors.
#[derive(Debug)]
pub(crate) struct SingularVectors {
    /// How many were asked for; the rank may allow fewer.
    requested: usize,
    /// Largest first.
    pub(crate) values: Vec<f32>,
    /// Items × values, row by row; each item's row is multiplied by the root of its degree.
    pub(crate) vectors: Vec<f32>,
}

impl Graph {
    /// `min_vectors` waves are computed as soon as one is asked for, where it is known that others will ask for more.
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

    /// At least `count` waves, or all there are. Whoever asks for more than before makes room for the next.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] if the decomposition needs more than `memory_mb`, [`ModelError::Diverged`] if the decomposition does not end in finite numbers.
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
                remedy: "lower gf_cf.vectors (0 leaves the linear filter alone), or raise gf_cf.memory_mb".into(),
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
