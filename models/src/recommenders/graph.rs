//! The degree-normalised graph of members and items, and its leading waves, computed once for all filters on it.

use std::sync::{Arc, Mutex};

use faer::MatMut;

use crate::recommenders::linear_filter::LinearFilter;
use crate::recommenders::spectrum::{Spectrum, megabytes, spectrum};
use crate::{ModelError, UserItems};

/// The matrix divided by the roots of both degrees, its square, and as much of its spectrum as somebody asked for.
#[derive(Debug)]
pub(crate) struct Graph {
    /// Sum of weights of each item.
    pub(crate) degrees: Vec<f32>,
    pub(crate) linear: LinearFilter,
    smooth: UserItems,
    seed: u64,
    /// Waves to compute when any are asked for.
    at_least: usize,
    waves: Mutex<Option<Arc<Waves>>>,
}

/// Singular values of the normalised matrix and its right singular vectors.
#[derive(Debug)]
pub(crate) struct Waves {
    /// How many were asked for; the rank may allow fewer.
    asked: usize,
    /// Largest first.
    pub(crate) values: Vec<f32>,
    /// Items × values, row by row; each item's row is multiplied by the root of its degree.
    pub(crate) vectors: Vec<f32>,
}

impl Graph {
    /// `at_least` waves are computed as soon as one is asked for, where it is known that others will ask for more.
    pub(crate) fn new(interactions: &UserItems, seed: u64, at_least: usize) -> Self {
        let (user_degrees, degrees) = (interactions.row_sums(), interactions.column_sums());
        let smooth = interactions.map_weights(|user, item, weight| {
            if weight > 0.0 { weight / (user_degrees[user].sqrt() * degrees[item].sqrt()) } else { 0.0 }
        });
        Self { degrees, linear: LinearFilter::new(&smooth), smooth, seed, at_least, waves: Mutex::default() }
    }

    /// At least `count` waves, or all there are. Whoever asks for more than before makes room for the next.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] if the decomposition needs more than `memory_mb`, [`ModelError::Diverged`] if the decomposition does not end in finite numbers.
    pub(crate) fn waves(&self, count: usize, memory_mb: usize) -> Result<Arc<Waves>, ModelError> {
        let mut known = self.waves.lock().map_err(|_| ModelError::Diverged("gf_cf"))?;
        if let Some(waves) = known.as_ref().filter(|waves| waves.asked >= count) {
            return Ok(Arc::clone(waves));
        }
        let asked = if known.is_some() { count.next_power_of_two() } else { count.max(self.at_least) };
        let needed_mb = megabytes(&self.smooth, asked);
        if needed_mb > memory_mb {
            return Err(ModelError::TooLarge {
                what: format!("gf_cf with {asked} vectors"),
                needed_mb,
                allowed_mb: memory_mb,
                remedy: "lower gf_cf.vectors (0 leaves the linear filter alone), or raise gf_cf.memory_mb".into(),
            });
        }
        let Spectrum { values, right } = spectrum(&self.smooth, asked, self.seed)?;
        let n_vectors = values.len();
        let mut vectors = vec![0.0; self.degrees.len() * n_vectors];
        MatMut::from_row_major_slice_mut(&mut vectors, self.degrees.len(), n_vectors).copy_from(&right);
        if n_vectors > 0 {
            for (vector, degree) in vectors.chunks_exact_mut(n_vectors).zip(&self.degrees) {
                vector.iter_mut().for_each(|value| *value *= degree.sqrt());
            }
        }
        let waves = Arc::new(Waves { asked, values, vectors });
        *known = Some(Arc::clone(&waves));
        Ok(waves)
    }
}
