//! Rule "activity on the topics": members with most recent actions on items that share a topic with the item.

use rayon::prelude::*;
use zhihui_data::snapshot::Snapshot;

use super::Actions;

/// Returns the sum of the decayed actions of each member on items that share a topic. Sensitive topics do not count.
pub(super) fn scores(snapshot: &Snapshot, actions: &Actions, item: u32, members: &[u32]) -> Vec<f64> {
    let topics = &snapshot.items.topics;
    let own = topics.row(item as usize);
    let own: Vec<u32> = own.iter().copied().filter(|topic| !snapshot.sensitive_topics.contains(topic)).collect();
    let shares = |other: usize| topics.row(other).iter().any(|topic| own.contains(topic));
    let related: Vec<bool> = (0..snapshot.items.id.len()).map(shares).collect();
    let score = |&member: &u32| {
        let of_topics = actions.of_member(member).filter(|&(other, _)| related[other as usize]);
        of_topics.map(|(_, weight)| weight).sum()
    };
    members.par_iter().map(score).collect()
}
