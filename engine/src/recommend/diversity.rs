//! Re-ranking for topic diversity.

use zhihui_data::ItemKind;

/// Weight of the similarity to items already in the list, relative to 1 − this for relevance.
const DIVERSITY_WEIGHT: f64 = 0.2;

/// An item that may enter a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contender<'a> {
    /// Probability divided by the highest probability in its group, so that articles, which many members read, and
    /// activities, which few sign up for, can be in one list.
    pub(crate) relevance: f64,
    pub(crate) kind: ItemKind,
    /// Ascending.
    pub(crate) topics: &'a [u32],
}

/// Selects `n` contenders in the order of the list: in each step the one with the largest `0.8 · relevance − 0.2 ·
/// largest similarity to a selected one`. Ties go to the earlier one.
///
/// Similarity is the share of common topics, halved for items of different kinds.
///
/// # References
/// Carbonell, Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents", SIGIR 1998.
pub(crate) fn diversify(contenders: &[Contender<'_>], n: usize) -> Vec<usize> {
    let n = n.min(contenders.len());
    // Two contenders without a common bit have no common topic.
    let bits = |contender: &Contender<'_>| contender.topics.iter().fold(0_u64, |bits, topic| bits | 1 << (topic % 64));
    let bits: Vec<u64> = contenders.iter().map(bits).collect();
    let relevance: Vec<f64> =
        contenders.iter().map(|contender| (1.0 - DIVERSITY_WEIGHT) * finite_relevance(contender)).collect();
    // Upper bound of the value of this contender and all later ones.
    let mut bounds = relevance.clone();
    for at in (1..bounds.len()).rev() {
        bounds[at - 1] = bounds[at - 1].max(bounds[at]);
    }
    // Largest similarity to the selected contenders, and how many of them it includes. Most contenders never need it.
    let mut likeness = vec![(0.0_f64, 0_usize); contenders.len()];
    let mut is_picked = vec![false; contenders.len()];
    let mut picked: Vec<usize> = Vec::with_capacity(n);
    while picked.len() < n {
        let mut best = (f64::NEG_INFINITY, 0);
        for at in 0..contenders.len() {
            if bounds[at] <= best.0 {
                break;
            }
            if is_picked[at] || relevance[at] <= best.0 {
                continue;
            }
            let (greatest, seen) = &mut likeness[at];
            for &other in &picked[*seen..] {
                if bits[at] & bits[other] != 0 {
                    *greatest = greatest.max(similarity(&contenders[at], &contenders[other]));
                }
            }
            *seen = picked.len();
            let value = relevance[at] - DIVERSITY_WEIGHT * *greatest;
            if value > best.0 {
                best = (value, at);
            }
        }
        is_picked[best.1] = true;
        picked.push(best.1);
    }
    picked
}

/// The relevance, or 0 if it is not finite. NaN would be selected repeatedly.
fn finite_relevance(contender: &Contender<'_>) -> f64 {
    if contender.relevance.is_finite() { contender.relevance } else { 0.0 }
}

fn similarity(left: &Contender<'_>, right: &Contender<'_>) -> f64 {
    let common = left.topics.iter().filter(|topic| right.topics.contains(topic)).count();
    if common == 0 {
        return 0.0;
    }
    let share = common as f64 / (left.topics.len() + right.topics.len() - common) as f64;
    if left.kind == right.kind { share } else { share / 2.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition without optimisation.
    fn by_definition(contenders: &[Contender<'_>], n: usize) -> Vec<usize> {
        let mut picked: Vec<usize> = Vec::new();
        while picked.len() < n.min(contenders.len()) {
            let value = |at: usize| {
                let greatest =
                    picked.iter().map(|&other| similarity(&contenders[at], &contenders[other])).fold(0.0, f64::max);
                (1.0 - DIVERSITY_WEIGHT) * contenders[at].relevance - DIVERSITY_WEIGHT * greatest
            };
            let left = (0..contenders.len()).filter(|at| !picked.contains(at));
            let best = left.reduce(|best, at| if value(at) > value(best) { at } else { best });
            picked.extend(best);
        }
        picked
    }

    proptest! {
        #[test]
        fn diversify_matches_its_definition(
            drawn in prop::collection::vec((0_u8..20, prop::collection::btree_set(0_u32..70, 0..4)), 0..40),
            n in 0_usize..20,
        ) {
            let topics: Vec<Vec<u32>> = drawn.iter().map(|(_, topics)| topics.iter().copied().collect()).collect();
            let contenders: Vec<Contender<'_>> = drawn.iter().zip(&topics)
                .map(|(&(relevance, _), topics)| contender(f64::from(relevance) / 20.0, topics))
                .collect();
            prop_assert_eq!(diversify(&contenders, n), by_definition(&contenders, n));
        }
    }

    fn contender(relevance: f64, topics: &[u32]) -> Contender<'_> {
        Contender { relevance, kind: ItemKind::Article, topics }
    }

    #[test]
    fn new_topic_overtakes_slightly_better_repetition_only() {
        let close = [contender(1.0, &[1]), contender(0.9, &[1]), contender(0.8, &[2])];
        assert_eq!(diversify(&close, 3), [0, 2, 1]);
        let far = [contender(1.0, &[1]), contender(0.9, &[1]), contender(0.5, &[2])];
        assert_eq!(diversify(&far, 3), [0, 1, 2]);
    }

    #[test]
    fn list_is_never_longer_than_the_contenders() {
        assert_eq!(diversify(&[contender(0.0, &[])], 10), [0]);
        assert!(diversify(&[], 10).is_empty());
    }

    #[test]
    fn no_contender_is_selected_twice_with_invalid_scores() {
        let broken = [contender(1.0, &[1]), contender(f64::NAN, &[1]), contender(0.0, &[2])];
        let mut picked = diversify(&broken, 3);
        picked.sort_unstable();
        assert_eq!(picked, [0, 1, 2]);
    }
}
