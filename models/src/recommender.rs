//! The traits of fitted recommenders.

use crate::matrix::Row;

/// A fitted model that scores items. There is no unfitted state: [`crate::catalogue`] fits a model and returns it.
pub trait Recommender: Send + Sync + std::fmt::Debug {
    /// Number of items, which is the number of columns of the matrix the model was fitted on.
    fn n_items(&self) -> usize;

    /// Whether the model can score this member. If it returns `false`, the caller uses a fallback.
    fn serves(&self, user: Option<usize>, history: Row<'_>) -> bool {
        let _ = user;
        !history.is_empty()
    }

    /// Writes a score for every item into `scores` (length [`n_items`](Self::n_items)). Scores are finite, on any
    /// scale, and higher is better.
    ///
    /// `user` is the member's row at fit time, or `None` for a member who was not in the matrix. `history` holds the
    /// member's current interactions. Items of the history are scored like all others; the caller excludes them.
    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]);

    /// Returns what each item of the history contributes to the score of `item`, in the order of the history.
    ///
    /// The contributions sum to the score of [`score_into`](Self::score_into), up to rounding. Returns `None` if the
    /// score is not such a sum.
    fn explain(&self, user: Option<usize>, history: Row<'_>, item: usize) -> Option<Vec<(u32, f32)>> {
        let _ = (user, history, item);
        None
    }

    /// Returns the model as inner products of vectors, which allows a search for the best items without scoring all of
    /// them. Returns `None` if the score is not an inner product.
    fn inner_product_model(&self) -> Option<&dyn InnerProductModel> {
        None
    }

    /// Scores many members known at fit time. Row `n` of `scores`, of length [`n_items`](Self::n_items), belongs to
    /// `users[n]`.
    ///
    /// Models whose scores are matrix products override this method with a blocked product.
    fn score_block(&self, users: &[usize], histories: &[Row<'_>], scores: &mut [f32]) {
        let rows = scores.chunks_exact_mut(self.n_items());
        for ((&user, &history), row) in users.iter().zip(histories).zip(rows) {
            self.score_into(Some(user), history, row);
        }
    }
}

/// A model whose score is the inner product of a member's vector and an item's.
pub trait InnerProductModel: Sync {
    /// Length of a vector.
    fn width(&self) -> usize;

    /// The vector of an item.
    fn item_vector(&self, item: usize) -> &[f32];

    /// Writes a member's vector into `vector`. The arguments are those of [`Recommender::score_into`].
    fn write_user_vector(&self, user: Option<usize>, history: Row<'_>, vector: &mut [f32]);
}
