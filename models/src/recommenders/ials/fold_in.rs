//! The item side of a fitted model: computes a member's vector from a history, scores items, and explains scores.

use serde::{Deserialize, Serialize};

use super::{
    factors::Factors,
    params::IalsParams,
    ridge::{self, Ridge, Workspace},
};
use crate::{ModelError, Row};

/// Item vectors, and what is needed to compute a member's vector from a history.
///
/// Entries of a history whose item is unknown are ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoldIn {
    items: Factors,
    gram: Vec<f32>,
    /// Items that took part in the fit. Items added later are not part of the Gramian.
    fitted_items: usize,
    params: IalsParams,
}

impl FoldIn {
    pub(super) fn from_factors(items: Factors, gram: Vec<f32>, params: &IalsParams) -> Self {
        Self { fitted_items: items.rows(), items, gram, params: params.clone() }
    }

    /// Restores stored parts: the concatenated item vectors (`params.factors` numbers each) and the diagonal of their
    /// Gramian, both from an [`Ials`](super::Ials) or another `FoldIn`.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] for parameters out of bounds or inconsistent lengths.
    pub fn new(item_factors: &[f32], gram: &[f32], params: &IalsParams) -> Result<Self, ModelError> {
        params.check()?;
        let width = params.factors;
        if !item_factors.len().is_multiple_of(width) {
            return Err(wrong_length("item_factors", item_factors.len(), &format!("a multiple of {width}")));
        }
        if gram.len() != width {
            return Err(wrong_length("gram", gram.len(), &width.to_string()));
        }
        let items = Factors::from_dense(item_factors, width);
        let mut padded = gram.to_vec();
        padded.resize(items.stride(), 0.0);
        Ok(Self::from_factors(items, padded, params))
    }

    /// Adds an item that was unknown at fit time, for example with a vector predicted from its attributes. Returns its
    /// index.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] if the length of the vector is not [`factors`](Self::factors).
    pub fn push_item(&mut self, vector: &[f32]) -> Result<usize, ModelError> {
        if vector.len() != self.factors() {
            return Err(wrong_length("vector", vector.len(), &self.factors().to_string()));
        }
        self.items.push(vector);
        Ok(self.items.rows() - 1)
    }

    /// Length of a vector.
    #[must_use]
    pub fn factors(&self) -> usize {
        self.items.width()
    }

    /// Number of items, including those added later.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.items.rows()
    }

    /// The vector of an item, which must be below [`n_items`](Self::n_items).
    #[must_use]
    pub fn item_factors(&self, item: usize) -> &[f32] {
        self.items.row(item)
    }

    /// Diagonal of the Gramian of the fitted items' vectors. All other elements are zero.
    #[must_use]
    pub fn gram(&self) -> &[f32] {
        &self.gram[..self.factors()]
    }

    /// The parameters of the fit.
    #[must_use]
    pub fn params(&self) -> &IalsParams {
        &self.params
    }

    /// Computes the vector that another half-sweep would give a member with this history. Zero for an empty history.
    #[must_use]
    pub fn fold_in(&self, history: Row<'_>) -> Vec<f32> {
        let mut vector = vec![0.0; self.items.stride()];
        self.solve(history, &mut Workspace::default(), &mut vector);
        vector.truncate(self.factors());
        vector
    }

    /// Scores an item for a member's vector.
    #[must_use]
    pub fn score(&self, vector: &[f32], item: usize) -> f32 {
        ridge::dot(vector, &self.item_factors(item)[..vector.len()])
    }

    /// What each item of the history contributes to the score of `item`, in the order of the history.
    ///
    /// The contributions sum to the score, up to rounding (Hu, Koren and Volinsky 2008, section 5). They may be
    /// negative.
    #[must_use]
    pub fn explain(&self, history: Row<'_>, item: usize) -> Vec<(u32, f32)> {
        let mut direction = self.items.padded_row(item).to_vec();
        self.ridge().apply_inverse(history, &mut Workspace::default(), &mut direction);
        let known = history.iter().filter(|&(column, _)| column < self.n_items());
        known
            .map(|(column, weight)| (column as u32, weight * ridge::dot(&direction, self.items.padded_row(column))))
            .collect()
    }

    pub(super) fn solve(&self, history: Row<'_>, workspace: &mut Workspace, vector: &mut [f32]) {
        self.ridge().solve(history, workspace, vector);
    }

    /// Scores all items for a padded vector.
    pub(super) fn score_vector(&self, vector: &[f32], scores: &mut [f32]) {
        ridge::dots(vector, self.items.values(), scores);
    }

    pub(super) fn all_item_factors(&self) -> &Factors {
        &self.items
    }

    fn ridge(&self) -> Ridge<'_> {
        Ridge::new(&self.items, &self.gram, self.fitted_items, &self.params)
    }
}

fn wrong_length(name: &str, length: usize, expected: &str) -> ModelError {
    ModelError::bad_parameter(format!("ials.{name}"), format!("{length} numbers"), format!("{expected} numbers long"))
}
