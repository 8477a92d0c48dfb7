//! What every recommender can do: score all items for one member, whether or not the member was there at fit time.

use crate::Row;

/// A fitted model that scores items. An unfitted one does not exist as a value: see [`crate::catalogue`].
pub trait Recommender: Send + Sync + std::fmt::Debug {
    /// Length of the score vector: columns of the matrix it was fitted on.
    fn n_items(&self) -> usize;

    /// Whether this member can be served: `false` means the model has nothing to say and the caller falls back.
    fn serves(&self, user: Option<usize>, history: Row<'_>) -> bool {
        let _ = user;
        !history.is_empty()
    }

    /// Writes a score for every item into `scores` (length [`n_items`](Self::n_items)); higher is better, any scale, always finite.
    ///
    /// `user` is the member's row at fit time, `None` for somebody who was not there; `history` is what is known of
    /// the member now. Items of the history are scored like any other: excluding what was seen is the caller's part.
    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]);

    /// How much each item of the history adds to the score of `item`, in the order of the history.
    ///
    /// The numbers sum to what [`score_into`](Self::score_into) gives, up to rounding. `None` where a score is no such sum.
    fn explain(&self, user: Option<usize>, history: Row<'_>, item: usize) -> Option<Vec<(u32, f32)>> {
        let _ = (user, history, item);
        None
    }

    /// The vectors whose inner products the scores are, so that the best items can be found without scoring all;
    /// `None` where a score is no inner product.
    fn inner_product_model(&self) -> Option<&dyn InnerProductModel> {
        None
    }

    /// Scores many members known at fit time into `scores`, one row of [`n_items`](Self::n_items) after another.
    ///
    /// Models whose scores are matrix products override this with a blocked product.
    fn score_block(&self, users: &[usize], histories: &[Row<'_>], scores: &mut [f32]) {
        let rows = scores.chunks_exact_mut(self.n_items());
        for ((&user, &history), row) in users.iter().zip(histories).zip(rows) {
            self.score_into(Some(user), history, row);
        }
    }
}

/// A model whose score is the inner product of a member's vector and an item's.
pub trait InnerProductModel: Sync {
    /// Numbers a vector has.
    fn width(&self) -> usize;

    /// The vector of an item.
    fn item_vector(&self, item: usize) -> &[f32];

    /// Writes a member's vector into `vector`; the member is told as in [`Recommender::score_into`].
    fn write_user_vector(&self, user: Option<usize>, history: Row<'_>, vector: &mut [f32]);
}
