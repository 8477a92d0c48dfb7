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
    let mut likeness = vec![0.0_f64; contenders.len()];
    let mut is_picked = vec![false; contenders.len()];
    let mut picked = Vec::with_capacity(n.min(contenders.len()));
    while picked.len() < n.min(contenders.len()) {
        let value = |at: usize| (1.0 - DIVERSITY) * contenders[at].relevance - DIVERSITY * likeness[at];
        let open = (0..contenders.len()).filter(|&at| !is_picked[at]);
        let Some(best) = open.reduce(|best, at| if value(at) > value(best) { at } else { best }) else { break };
        is_picked[best] = true;
        picked.push(best);
        for (at, contender) in contenders.iter().enumerate() {
            likeness[at] = likeness[at].max(alike(contender, &contenders[best]));
        }
    }
    picked
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
}
