//! Metrics of a set of lists beyond accuracy: coverage, concentration, novelty and diversity.

use rayon::prelude::*;

use crate::UserItems;

/// Beyond-accuracy metrics at one cutoff.
#[derive(Debug, Clone, PartialEq)]
pub struct BeyondAccuracy {
    /// Share of all items that are recommended at least once.
    pub coverage: f64,
    /// Gini coefficient of the recommendations over all items: 0 if all items are recommended equally often, near 1 if
    /// a few items fill all lists.
    pub gini: f64,
    /// Mean over lists of the mean of −log₂(share of members who interacted with the item). Items without interactions
    /// count as one.
    pub novelty: f64,
    /// Mean over lists of 1 − the mean cosine between the attributes of each two items. `None` without attributes, or
    /// if no list has two items with attributes.
    pub diversity: Option<f64>,
}

impl BeyondAccuracy {
    pub(crate) fn of_lists(lists: &[Vec<u32>], k: usize, train: &UserItems, attributes: Option<&UserItems>) -> Self {
        let mut shown = vec![0_u64; train.n_columns()];
        for &item in lists.iter().flat_map(|list| list.iter().take(k)) {
            if let Some(count) = shown.get_mut(item as usize) {
                *count += 1;
            }
        }
        let members = train.n_rows().max(1) as f64;
        let surprise: Vec<f64> =
            train.column_counts().iter().map(|&count| -(f64::from(count.max(1)) / members).log2()).collect();
        let novelty = mean(
            lists
                .iter()
                .filter_map(|list| mean(list.iter().take(k).filter_map(|&item| surprise.get(item as usize).copied()))),
        );
        let recommended = shown.iter().filter(|&&count| count > 0).count();
        Self {
            coverage: recommended as f64 / train.n_columns().max(1) as f64,
            gini: gini(&mut shown),
            novelty: novelty.unwrap_or(0.0),
            diversity: attributes.and_then(|attributes| diversity(lists, k, attributes)),
        }
    }

    /// The mean over several windows at each cutoff.
    pub(crate) fn means(windows: &[&[Self]]) -> Vec<Self> {
        let n_cutoffs = windows.first().map_or(0, |cutoffs| cutoffs.len());
        let average = |at: usize| {
            let of = |figure: fn(&Self) -> f64| mean(windows.iter().filter_map(|window| window.get(at)).map(figure));
            let diversities = windows.iter().filter_map(|window| window.get(at)?.diversity);
            Self {
                coverage: of(|window| window.coverage).unwrap_or(0.0),
                gini: of(|window| window.gini).unwrap_or(0.0),
                novelty: of(|window| window.novelty).unwrap_or(0.0),
                diversity: mean(diversities),
            }
        };
        (0..n_cutoffs).map(average).collect()
    }

    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let always = [("coverage", self.coverage), ("gini", self.gini), ("novelty", self.novelty)];
        always.into_iter().chain(self.diversity.map(|diversity| ("diversity", diversity)))
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

fn gini(counts: &mut [u64]) -> f64 {
    counts.sort_unstable();
    let (n, total) = (counts.len() as f64, counts.iter().sum::<u64>() as f64);
    if total == 0.0 {
        return 0.0;
    }
    let weighted: f64 =
        counts.iter().enumerate().map(|(index, &count)| (2.0 * (index as f64 + 1.0) - n - 1.0) * count as f64).sum();
    weighted / (n * total)
}

fn diversity(lists: &[Vec<u32>], k: usize, attributes: &UserItems) -> Option<f64> {
    let lengths = attributes.row_norms();
    let of_lists: Vec<Option<f64>> = lists
        .par_iter()
        .map(|list| {
            let items: Vec<usize> = list.iter().take(k).map(|&item| item as usize).collect();
            let described: Vec<usize> =
                items.into_iter().filter(|&item| lengths.get(item).is_some_and(|&length| length > 0.0)).collect();
            let pairs = described
                .iter()
                .enumerate()
                .flat_map(|(at, &left)| described[at + 1..].iter().map(move |&right| (left, right)));
            mean(pairs.map(|(left, right)| {
                1.0 - f64::from(attributes.row(left).dot(attributes.row(right)) / (lengths[left] * lengths[right]))
            }))
        })
        .collect();
    mean(of_lists.into_iter().flatten())
}
