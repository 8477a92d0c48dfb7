//! Values of all orderings on the same lists or audiences.

use std::collections::{BTreeMap, BTreeSet};

use zhihui_data::snapshot::Side;

use super::audience_gate::{Response, SIZES};
use super::list_gate::{JudgedList, K, NDCG};

/// Minimum numbers of members and responses to accept a model; for audiences also of items.
const MIN_MEMBERS: usize = 50;
const MIN_RESPONSES: usize = 100;
const MIN_ITEMS: usize = 10;

/// One value for each ordering and each list or response.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Scores {
    pub(super) names: Vec<String>,
    /// Unit of resampling: the member of a list, or the item of a response.
    pub(super) clusters: Vec<u32>,
    pub(super) values: Vec<Vec<f64>>,
    /// Means by size of the audience, by ordering.
    pub(super) parts: Vec<BTreeMap<String, f64>>,
    pub(super) members: usize,
    pub(super) responses: usize,
    /// Number of lists or audiences.
    pub(super) judged: usize,
    pub(super) enough: bool,
}

impl Scores {
    /// Returns the NDCG of lists.
    pub(super) fn of_lists(judged: &[JudgedList], names: Vec<String>) -> Self {
        let members: BTreeSet<usize> = judged.iter().map(|list| list.member).collect();
        let responses = judged.iter().map(|list| list.responded.len()).sum();
        let values = |at: usize| judged.iter().map(|list| list.metrics[at][NDCG]).collect();
        Self {
            clusters: judged.iter().map(|list| list.member as u32).collect(),
            values: (0..names.len()).map(values).collect(),
            parts: vec![BTreeMap::new(); names.len()],
            names,
            members: members.len(),
            responses,
            judged: judged.len(),
            enough: members.len() >= MIN_MEMBERS && responses >= MIN_RESPONSES,
        }
    }

    /// Returns whether responders were within the sizes of `audiences` audiences, averaged over sizes. The mean over
    /// responses weights items by their responders.
    pub(super) fn of_audiences(responses: &[Response], audiences: usize, names: Vec<String>) -> Self {
        let members: BTreeSet<u32> = responses.iter().map(|response| response.member).collect();
        let items: BTreeSet<u32> = responses.iter().map(|response| response.item).collect();
        let share = |captured: &[bool; 2]| captured.iter().filter(|&&within| within).count() as f64 / 2.0;
        let values = |at: usize| responses.iter().map(|response| share(&response.captured[at])).collect();
        let part = |at: usize| {
            let within = |size: usize| responses.iter().filter(|response| response.captured[at][size]).count();
            let mean = |size: usize| within(size) as f64 / responses.len().max(1) as f64;
            SIZES.iter().enumerate().map(|(size, share)| (format!("{:.0}%", 100.0 * share), mean(size))).collect()
        };
        Self {
            clusters: responses.iter().map(|response| response.item).collect(),
            values: (0..names.len()).map(values).collect(),
            parts: (0..names.len()).map(part).collect(),
            names,
            members: members.len(),
            responses: responses.len(),
            judged: audiences,
            enough: members.len() >= MIN_MEMBERS && responses.len() >= MIN_RESPONSES && items.len() >= MIN_ITEMS,
        }
    }

    pub(super) fn metric(side: Side) -> String {
        match side {
            Side::Lists => format!("ndcg@{K}"),
            Side::Audiences => "captured@1%,5%".into(),
        }
    }
}
