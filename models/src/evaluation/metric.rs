//! Accuracy metrics of one ranked list.

use std::fmt;

/// A metric of a list at a cutoff k. Values lie between 0 and 1, and higher is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Hits divided by the number of test items, even if that exceeds k.
    Recall,
    /// Σ 1/log₂(rank + 1) over hits, divided by the same sum of an ideal list of min(k, test items).
    Ndcg,
    /// 1 if there is a hit.
    HitRate,
    /// 1 / rank of the first hit, 0 without one.
    Mrr,
    /// Σ precision at each hit, divided by min(k, test items).
    Map,
    /// Hits divided by k, even if the list is shorter.
    Precision,
}

impl Metric {
    /// All metrics, in the order of [`Metric::of_list`].
    pub const ALL: [Self; 6] = [Self::Recall, Self::Ndcg, Self::HitRate, Self::Mrr, Self::Map, Self::Precision];

    /// The metrics of one list: `recommended` best first without repeats, cut off at `k`; `relevant` ascending and not
    /// empty.
    #[must_use]
    pub fn of_list(recommended: &[u32], relevant: &[u32], k: usize) -> [f64; 6] {
        let reachable = k.min(relevant.len());
        let (mut hits, mut gain, mut precisions, mut first) = (0.0, 0.0, 0.0, 0.0);
        for (index, item) in recommended.iter().take(k).enumerate() {
            if relevant.binary_search(item).is_ok() {
                let rank = index as f64 + 1.0;
                hits += 1.0;
                gain += discount(rank);
                precisions += hits / rank;
                if first == 0.0 {
                    first = 1.0 / rank;
                }
            }
        }
        if reachable == 0 {
            return [0.0; 6];
        }
        let ideal: f64 = (1..=reachable).map(|rank| discount(rank as f64)).sum();
        let any = if hits > 0.0 { 1.0 } else { 0.0 };
        [hits / relevant.len() as f64, gain / ideal, any, first, precisions / reachable as f64, hits / k as f64]
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

fn discount(rank: f64) -> f64 {
    1.0 / (rank + 1.0).log2()
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Recall => "recall",
            Self::Ndcg => "ndcg",
            Self::HitRate => "hit_rate",
            Self::Mrr => "mrr",
            Self::Map => "map",
            Self::Precision => "precision",
        })
    }
}
