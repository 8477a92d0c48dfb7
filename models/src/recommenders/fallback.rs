//! A recommender with a fallback for members whom it cannot score.

use crate::{Recommender, Row};

/// Scores with `primary`, or with `fallback` if `primary` cannot score the member. Both score the same items.
#[derive(Debug)]
pub struct WithFallback<'a> {
    /// The recommender that is used if possible.
    pub primary: &'a dyn Recommender,
    /// The recommender for all other members.
    pub fallback: &'a dyn Recommender,
}

impl WithFallback<'_> {
    fn choose(&self, user: Option<usize>, history: Row<'_>) -> &dyn Recommender {
        if self.primary.serves(user, history) { self.primary } else { self.fallback }
    }
}

impl Recommender for WithFallback<'_> {
    fn n_items(&self) -> usize {
        self.primary.n_items()
    }

    fn serves(&self, user: Option<usize>, history: Row<'_>) -> bool {
        self.choose(user, history).serves(user, history)
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        self.choose(user, history).score_into(user, history, scores);
    }

    fn score_block(&self, users: &[usize], histories: &[Row<'_>], scores: &mut [f32]) {
        self.primary.score_block(users, histories, scores);
        let rows = scores.chunks_exact_mut(self.n_items());
        for ((&user, &history), row) in users.iter().zip(histories).zip(rows) {
            if !self.primary.serves(Some(user), history) {
                self.fallback.score_into(Some(user), history, row);
            }
        }
    }
}
