//! Top-k lists for many members, with all items ranked.

use rayon::prelude::*;

use super::inner_product_search;
use crate::top_k::TopK;
use crate::{Recommender, Row, UserItems};

/// Scores held by one thread at a time: enough for an efficient matrix product, few enough to stay in cache.
const BLOCK_SCORES: usize = 8 << 20;

/// Number of members from which on inner-product search is faster than scoring all items.
const MIN_FOR_SEARCH: usize = 512;

/// The `k` best items of each of `users`, best first, without the items of their history in `interactions`.
///
/// A list is empty if the model cannot score the member, and shorter than `k` if fewer items remain. A user outside the
/// rows of `interactions` has no history.
#[must_use]
pub fn recommend(model: &dyn Recommender, interactions: &UserItems, users: &[u32], k: usize) -> Vec<Vec<u32>> {
    let n_items = model.n_items();
    if n_items == 0 || k == 0 {
        return vec![Vec::new(); users.len()];
    }
    let member = |user: u32| {
        let identity = Some(user as usize).filter(|&user| user < interactions.n_rows());
        (identity, identity.map_or(Row::EMPTY, |user| interactions.row(user)))
    };
    if let Some(vectors) = model.inner_product_model().filter(|_| users.len() >= MIN_FOR_SEARCH) {
        let serves = |&(identity, history): &_| model.serves(identity, history);
        let members: Vec<_> = users.iter().map(|&user| Some(member(user)).filter(serves)).collect();
        return inner_product_search::recommend(vectors, n_items, &members, k);
    }
    let mut lists = vec![Vec::new(); users.len()];
    let block = (BLOCK_SCORES / n_items).clamp(1, 512).min(users.len().div_ceil(rayon::current_num_threads()).max(1));
    users.par_chunks(block).zip(lists.par_chunks_mut(block)).for_each_init(
        || (Vec::new(), TopK::new(k)),
        |(scores, best), (users, lists)| {
            let (mut known, mut histories, mut slots) = (Vec::new(), Vec::new(), Vec::new());
            scores.resize(block * n_items, 0.0);
            for (slot, &user) in users.iter().enumerate() {
                let (identity, history) = member(user);
                if !model.serves(identity, history) {
                    continue;
                }
                if let Some(user) = identity {
                    known.push(user);
                    histories.push(history);
                    slots.push(slot);
                } else {
                    model.score_into(None, history, &mut scores[..n_items]);
                    lists[slot] = items(best, &scores[..n_items], history);
                }
            }
            let scores = &mut scores[..known.len() * n_items];
            model.score_block(&known, &histories, scores);
            for ((row, history), slot) in scores.chunks_exact(n_items).zip(histories).zip(slots) {
                lists[slot] = items(best, row, history);
            }
        },
    );
    lists
}

fn items(best: &mut TopK, scores: &[f32], history: Row<'_>) -> Vec<u32> {
    best.select(scores, history.columns).iter().map(|scored| scored.item).collect()
}
