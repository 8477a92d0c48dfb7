//! Selects the k best items of a score vector, without items already seen.

use std::cmp::Ordering;

/// An item and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Column of the item.
    pub item: u32,
    /// Its score; higher is better.
    pub score: f32,
}

/// Returns the `k` items with the highest scores, best first, without the `excluded` columns (ascending). Ties go to
/// the lower column.
///
/// Returns fewer items if fewer remain. NaN and minus infinity are never selected.
#[must_use]
pub fn top_k(scores: &[f32], k: usize, excluded: &[u32]) -> Vec<Scored> {
    let mut best = TopK::new(k);
    best.select(scores, excluded).to_vec()
}

/// A reusable selection of the `k` best items, which allocates once for many score vectors.
#[derive(Debug, Clone)]
pub struct TopK {
    k: usize,
    threshold: f32,
    kept: Vec<Scored>,
    arch: pulp::Arch,
}

/// Number of scores compared at once.
const LANES: usize = 32;

impl TopK {
    /// Creates a selection of `k` items.
    #[must_use]
    pub fn new(k: usize) -> Self {
        Self { k, threshold: f32::NEG_INFINITY, kept: Vec::new(), arch: pulp::Arch::new() }
    }

    /// Selects like [`top_k`], into a buffer that the next call reuses.
    pub fn select(&mut self, scores: &[f32], excluded: &[u32]) -> &[Scored] {
        self.kept.clear();
        self.threshold = f32::NEG_INFINITY;
        if self.k > 0 {
            let arch = self.arch;
            arch.dispatch(|| {
                let mut from = 0;
                for &item in excluded {
                    let item = (item as usize).min(scores.len());
                    self.scan(&scores[from.min(item)..item], from);
                    from = item + 1;
                }
                self.scan(scores.get(from..).unwrap_or(&[]), from);
            });
        }
        self.best()
    }

    /// Scores at or below this value are not among the `k` best.
    pub(crate) fn threshold(&self) -> f32 {
        self.threshold.next_down()
    }

    /// Adds an item whose score is above the [`threshold`](Self::threshold). Items come in any order, each at most
    /// once.
    pub(crate) fn push(&mut self, item: u32, score: f32) {
        // Adding zero makes -0.0 equal to 0.0 in the total order.
        self.kept.push(Scored { item, score: score + 0.0 });
        if self.kept.len() >= 2 * self.k + LANES {
            self.prune();
        }
    }

    /// Returns the best of the added items, best first.
    pub(crate) fn best(&mut self) -> &[Scored] {
        self.kept.sort_unstable_by(best_first);
        self.kept.truncate(self.k);
        &self.kept
    }

    #[inline(always)]
    fn scan(&mut self, scores: &[f32], first_item: usize) {
        let mut groups = scores.chunks_exact(LANES);
        let mut item = first_item;
        for group in &mut groups {
            let threshold = self.threshold;
            if group.iter().fold(false, |any, &score| any | (score > threshold)) {
                self.offer(group, item);
            }
            item += LANES;
        }
        self.offer(groups.remainder(), item);
    }

    /// Items come in ascending order, so an item that only equals the k-th best loses the tie.
    fn offer(&mut self, scores: &[f32], first_item: usize) {
        for (offset, &score) in scores.iter().enumerate() {
            if score > self.threshold {
                self.push((first_item + offset) as u32, score);
            }
        }
    }

    fn prune(&mut self) {
        let (_, kth, _) = self.kept.select_nth_unstable_by(self.k - 1, best_first);
        self.threshold = kth.score;
        self.kept.truncate(self.k);
    }
}

/// Highest score first, then lowest item.
pub(crate) fn best_first(left: &Scored, right: &Scored) -> Ordering {
    right.score.total_cmp(&left.score).then(left.item.cmp(&right.item))
}
