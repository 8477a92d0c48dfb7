//! Re-ranking for topic diversity.

use zhihui_data::ItemKind;

/// How much likeness to what already stands in the list costs, against 1 − this for relevance.
const DIVERSITY: f64 = 0.2;

/// One item that may enter a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contender<'a> {
    /// Probability over the best probability among the contenders of its group, so that what is read by many and what
    /// few sign up for can stand in one list.
    pub(crate) relevance: f64,
    pub(crate) kind: ItemKind,
    /// Ascending.
    pub(crate) topics: &'a [u32],
}

/// Picks `n` contenders in the order of the list: each time the one with the greatest
/// `0.8 · relevance − 0.2 · greatest likeness to one picked before`; of equals the earlier.
///
/// Likeness is the share of topics in common, half as much between items of different kinds.
///
/// # References
/// Carbonell, Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents", SIGIR 1998.
pub(crate) fn diversify(contenders: &[Contender<'_>], n: usize) -> Vec<usize> {
    let n = n.min(contenders.len());
    // Two contenders without a bit in common have no topic in common.
    let bits = |contender: &Contender<'_>| contender.topics.iter().fold(0_u64, |bits, topic| bits | 1 << (topic % 64));
    let bits: Vec<u64> = contenders.iter().map(bits).collect();
    let mut likeness = vec![0.0_f64; contenders.len()];
    let mut values: Vec<f64> = contenders.iter().map(|contender| (1.0 - DIVERSITY) * sound(contender)).collect();
    let mut picked = Vec::with_capacity(n);
    while picked.len() < n {
        let mut best = 0;
        for at in 1..values.len() {
            if values[at] > values[best] {
                best = at;
            }
        }
        picked.push(best);
        values[best] = f64::NEG_INFINITY;
        for at in 0..contenders.len() {
            if bits[at] & bits[best] != 0 && values[at] > f64::NEG_INFINITY {
                likeness[at] = likeness[at].max(alike(&contenders[at], &contenders[best]));
                values[at] = (1.0 - DIVERSITY) * sound(&contenders[at]) - DIVERSITY * likeness[at];
            }
        }
    }
    picked
}

/// The relevance; no number would be picked again and again.
fn sound(contender: &Contender<'_>) -> f64 {
    if contender.relevance.is_finite() { contender.relevance } else { 0.0 }
}

fn alike(left: &Contender<'_>, right: &Contender<'_>) -> f64 {
    let common = left.topics.iter().filter(|topic| right.topics.contains(topic)).count();
    if common == 0 {
        return 0.0;
    }
    let share = common as f64 / (left.topics.len() + right.topics.len() - common) as f64;
    if left.kind == right.kind { share } else { share / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contender(relevance: f64, topics: &[u32]) -> Contender<'_> {
        Contender { relevance, kind: ItemKind::Article, topics }
    }

    #[test]
    fn another_topic_overtakes_a_slightly_better_repetition_but_not_a_far_better_one() {
        let close = [contender(1.0, &[1]), contender(0.9, &[1]), contender(0.8, &[2])];
        assert_eq!(diversify(&close, 3), [0, 2, 1]);
        let far = [contender(1.0, &[1]), contender(0.9, &[1]), contender(0.5, &[2])];
        assert_eq!(diversify(&far, 3), [0, 1, 2]);
    }

    #[test]
    fn a_list_is_never_longer_than_what_there_is() {
        assert_eq!(diversify(&[contender(0.0, &[])], 10), [0]);
        assert!(diversify(&[], 10).is_empty());
    }

    #[test]
    fn nothing_is_picked_twice_whatever_the_scores_are() {
        let broken = [contender(1.0, &[1]), contender(f64::NAN, &[1]), contender(0.0, &[2])];
        let mut picked = diversify(&broken, 3);
        picked.sort_unstable();
        assert_eq!(picked, [0, 1, 2]);
    }
}
