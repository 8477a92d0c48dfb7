//! Evaluates a model on a test set: metrics for each member and their means.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::beyond_accuracy::BeyondAccuracy;
use super::bootstrap::{Bootstrap, Interval};
use super::metric::Metric;
use super::recommend::recommend;
use crate::{ModelError, Recommender, UserItems};

/// Ranks all items of `train` for every member with a test item, without the member's training items, and computes the
/// metrics.
///
/// `test` may have more rows than `train` (members unknown at fit time) and more columns (items without interactions,
/// which are relevant but cannot be recommended). `attributes`, items × topics, adds intra-list diversity.
///
/// # Errors
/// [`ModelError::BadParameter`] if `ks` is empty or contains 0.
pub fn evaluate(
    model: &dyn Recommender,
    train: &UserItems,
    test: &UserItems,
    ks: &[usize],
    attributes: Option<&UserItems>,
) -> Result<Evaluation, ModelError> {
    let deepest = ks.iter().copied().max().unwrap_or(0);
    let users: Vec<u32> = (0..test.n_rows() as u32).filter(|&user| !test.row(user as usize).is_empty()).collect();
    let lists = recommend(model, train, &users, deepest);
    evaluate_lists(users, &lists, train, test, ks, attributes)
}

/// Evaluates lists from elsewhere: `lists[n]`, best first, was recommended to `users[n]`.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_lists(
    users: Vec<u32>,
    lists: &[Vec<u32>],
    train: &UserItems,
    test: &UserItems,
    ks: &[usize],
    attributes: Option<&UserItems>,
) -> Result<Evaluation, ModelError> {
    if ks.is_empty() || ks.contains(&0) {
        return Err(ModelError::bad_parameter("k", format!("{ks:?}"), "at least one cutoff of 1 or more"));
    }
    let values = ks
        .iter()
        .map(|&k| {
            let pairs = users.par_iter().zip(lists);
            pairs.map(|(&user, list)| Metric::of_list(list, test.row(user as usize).columns, k)).collect()
        })
        .collect();
    let beyond_accuracy = ks.iter().map(|&k| BeyondAccuracy::of_lists(lists, k, train, attributes)).collect();
    let served = lists.iter().filter(|list| !list.is_empty()).count();
    Ok(Evaluation { ks: ks.to_vec(), users, values, beyond_accuracy, served })
}

/// The metrics of every test member at every cutoff. Members whom the model cannot score count as zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    ks: Vec<usize>,
    users: Vec<u32>,
    values: Vec<Vec<[f64; 6]>>,
    beyond_accuracy: Vec<BeyondAccuracy>,
    served: usize,
}

impl Evaluation {
    /// Pools several test windows. Every pair of a member and a window counts once, and beyond-accuracy metrics are the
    /// means over the windows. Returns `None` without windows, or if their cutoffs differ.
    #[must_use]
    pub fn pooled(windows: Vec<Self>) -> Option<Self> {
        let beyond_accuracy =
            BeyondAccuracy::means(&windows.iter().map(|window| &window.beyond_accuracy[..]).collect::<Vec<_>>());
        let mut windows = windows.into_iter();
        let mut pooled = windows.next()?;
        for window in windows {
            if window.ks != pooled.ks {
                return None;
            }
            pooled.users.extend(window.users);
            pooled.values.iter_mut().zip(window.values).for_each(|(all, more)| all.extend(more));
            pooled.served += window.served;
        }
        Some(Self { beyond_accuracy, ..pooled })
    }

    /// Members with at least one test item, in ascending order. A pooled evaluation lists them once for every window.
    #[must_use]
    pub fn users(&self) -> &[u32] {
        &self.users
    }

    /// Number of members with at least one recommendation.
    #[must_use]
    pub fn served(&self) -> usize {
        self.served
    }

    /// The metric of each member, in the order of [`users`](Self::users).
    ///
    /// # Errors
    /// [`ModelError::Unknown`] if `k` is not one of the cutoffs.
    pub fn per_user(&self, metric: Metric, k: usize) -> Result<Vec<f64>, ModelError> {
        Ok(self.values[self.cutoff(k)?].iter().map(|values| values[metric.index()]).collect())
    }

    /// The mean over members; 0 without members.
    ///
    /// # Errors
    /// As [`per_user`](Self::per_user).
    pub fn mean(&self, metric: Metric, k: usize) -> Result<f64, ModelError> {
        let values = &self.values[self.cutoff(k)?];
        let sum: f64 = values.iter().map(|values| values[metric.index()]).sum();
        Ok(if values.is_empty() { 0.0 } else { sum / values.len() as f64 })
    }

    /// Beyond-accuracy metrics of the lists at `k`; `None` for a subset of the members.
    #[must_use]
    pub fn beyond_accuracy(&self, k: usize) -> Option<&BeyondAccuracy> {
        self.beyond_accuracy.get(self.cutoff(k).ok()?)
    }

    /// All means by name, such as `ndcg@20` or `coverage@20`.
    #[must_use]
    pub fn summary(&self) -> BTreeMap<String, f64> {
        let mut summary = BTreeMap::new();
        for &k in &self.ks {
            for metric in Metric::ALL {
                summary.insert(format!("{metric}@{k}"), self.mean(metric, k).unwrap_or(0.0));
            }
            for (name, value) in self.beyond_accuracy(k).into_iter().flat_map(BeyondAccuracy::named) {
                summary.insert(format!("{name}@{k}"), value);
            }
        }
        summary
    }

    /// The mean and its bootstrap interval.
    ///
    /// # Errors
    /// As [`per_user`](Self::per_user).
    pub fn interval(&self, metric: Metric, k: usize, bootstrap: Bootstrap) -> Result<Interval, ModelError> {
        Ok(bootstrap.mean_by_member(&self.users, &self.per_user(metric, k)?))
    }

    /// The mean difference from another model's metric, and its paired bootstrap interval.
    ///
    /// # Errors
    /// As [`per_user`](Self::per_user), and [`ModelError::NotEnoughData`] if the two evaluations have different
    /// members.
    pub fn compare(
        &self,
        other: &Self,
        metric: Metric,
        k: usize,
        bootstrap: Bootstrap,
    ) -> Result<Interval, ModelError> {
        if self.users != other.users {
            let message = "a paired comparison needs two evaluations on the same test members";
            return Err(ModelError::NotEnoughData(message.to_owned()));
        }
        let (mine, theirs) = (self.per_user(metric, k)?, other.per_user(metric, k)?);
        let differences: Vec<f64> = mine.iter().zip(&theirs).map(|(mine, theirs)| mine - theirs).collect();
        Ok(bootstrap.mean_by_member(&self.users, &differences))
    }

    /// One evaluation for each label. `labels` has the order of [`users`](Self::users); members without a label are
    /// left out.
    #[must_use]
    pub fn slices<L: Ord + Clone>(&self, labels: &[L]) -> BTreeMap<L, Self> {
        let mut members: BTreeMap<L, Vec<usize>> = BTreeMap::new();
        for (at, label) in labels.iter().enumerate().take(self.users.len()) {
            members.entry(label.clone()).or_default().push(at);
        }
        members.into_iter().map(|(label, members)| (label, self.subset(&members))).collect()
    }

    fn subset(&self, members: &[usize]) -> Self {
        let pick = |values: &Vec<[f64; 6]>| members.iter().map(|&at| values[at]).collect();
        Self {
            ks: self.ks.clone(),
            users: members.iter().map(|&at| self.users[at]).collect(),
            values: self.values.iter().map(pick).collect(),
            beyond_accuracy: Vec::new(),
            served: members.len(),
        }
    }

    fn cutoff(&self, k: usize) -> Result<usize, ModelError> {
        self.ks.iter().position(|&measured| measured == k).ok_or_else(|| ModelError::Unknown {
            what: "cutoff k",
            name: k.to_string(),
            known: self.ks.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
        })
    }
}
