//! Lists for members, judged: each is asked for when the member came, made as it would have been served, and compared with
//! what the member took that day.

use rayon::prelude::*;
use zhihui_data::snapshot::ItemGroup;
use zhihui_engine::{Engine, Order};
use zhihui_models::evaluation::Metric;

use super::contender::Contender;
use super::takes::Visit;

/// Length of the lists.
pub(super) const K: usize = 20;
/// Place of NDCG in [`Metric::ALL`].
pub(super) const NDCG: usize = 1;

/// The lists of one member on one day, by contender.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judged {
    pub(super) member: usize,
    pub(super) group: ItemGroup,
    /// What the member newly took that day; what was not on offer cannot be hit and counts as missed by all.
    pub(super) taken: Vec<u32>,
    pub(super) lists: Vec<Vec<u32>>,
    /// In the order of [`Metric::ALL`].
    pub(super) metrics: Vec<[f64; 6]>,
}

/// Judges lists of one group at the instants of `visits`; `engine` stands on their morning.
pub(super) fn judge(engine: &Engine, group: ItemGroup, visits: &[Visit], contenders: &[Contender]) -> Vec<Judged> {
    let of_visit = |visit: &Visit| {
        let member = visit.member as usize;
        let orders: Vec<Order<'_>> = contenders.iter().map(|contender| contender.order(member)).collect();
        let lists = engine.lists_by(member, group, &orders, K, visit.at);
        let metrics = lists.iter().map(|list| Metric::of_list(list, &visit.taken, K)).collect();
        Judged { member, group, taken: visit.taken.clone(), lists, metrics }
    };
    visits.par_iter().map(of_visit).collect()
}
