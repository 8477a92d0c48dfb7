//! Judges lists for members. Each list is made as the service would make it at the time of the visit, and compared with
//! what the member responded to that day.

use rayon::prelude::*;
use zhihui_data::snapshot::ItemGroup;
use zhihui_engine::{Engine, Order};
use zhihui_models::evaluation::Metric;

use super::compared_order::ComparedOrder;
use super::responses::LabelledList;

/// Length of the lists.
pub(super) const K: usize = 20;
/// Index of NDCG in [`Metric::ALL`].
pub(super) const NDCG: usize = 1;

/// The lists of one member on one day, one for each ordering.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JudgedList {
    pub(super) member: usize,
    pub(super) group: ItemGroup,
    /// Items that the member first responded to that day. Items that were not on offer count as missed by all
    /// orderings.
    pub(super) responded: Vec<u32>,
    pub(super) lists: Vec<Vec<u32>>,
    /// In the order of [`Metric::ALL`].
    pub(super) metrics: Vec<[f64; 6]>,
}

impl JudgedList {
    /// Returns the list with some of its orderings.
    pub(super) fn of_orderings(&self, orderings: &[usize]) -> Self {
        Self {
            member: self.member,
            group: self.group,
            responded: self.responded.clone(),
            lists: orderings.iter().map(|&at| self.lists[at].clone()).collect(),
            metrics: orderings.iter().map(|&at| self.metrics[at]).collect(),
        }
    }
}

/// Judges lists of one group. `engine` has the state at the start of the day.
pub(super) fn judge(
    engine: &Engine,
    group: ItemGroup,
    labelled: &[LabelledList],
    orderings: &[ComparedOrder],
) -> Vec<JudgedList> {
    let judge_one = |label: &LabelledList| {
        let member = label.member as usize;
        let orders: Vec<Order<'_>> = orderings.iter().map(|ordering| ordering.order(member)).collect();
        let lists = engine.lists_by(member, group, &orders, K, label.at);
        let metrics = lists.iter().map(|list| Metric::of_list(list, &label.responded, K)).collect();
        JudgedList { member, group, responded: label.responded.clone(), lists, metrics }
    };
    labelled.par_iter().map(judge_one).collect()
}
