//! A recommender completed by another for members whom it cannot serve.

use crate::{Recommender, Row};

/// What `first` says, and what `second` says where `first` has nothing to say. Both score the same items.
#[derive(Debug)]
pub struct WithFallback<'a> {
    /// Asked first.
    pub first: &'a dyn Recommender,
    /// Asked where the first cannot serve a member.
    pub second: &'a dyn Recommender,
}

impl WithFallback<'_> {
    fn of(&self, user: Option<usize>, history: Row<'_>) -> &dyn Recommender {
        if self.first.serves(user, history) { self.first } else { self.second }
    }
}

impl Recommender for WithFallback<'_> {
    fn n_items(&self) -> usize {
        self.first.n_items()
    }

    fn serves(&self, user: Option<usize>, history: Row<'_>) -> bool {
        self.of(user, history).serves(user, history)
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        self.of(user, history).score_into(user, history, scores);
    }

    fn score_block(&self, users: &[usize], histories: &[Row<'_>], scores: &mut [f32]) {
        self.first.score_block(users, histories, scores);
        let rows = scores.chunks_exact_mut(self.n_items());
        for ((&user, &history), row) in users.iter().zip(histories).zip(rows) {
            if !self.first.serves(Some(user), history) {
                self.second.score_into(Some(user), history, row);
            }
        }
    }
}
