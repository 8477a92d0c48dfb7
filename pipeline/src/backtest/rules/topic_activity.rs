//! Activity on the item's topics: whoever did most of late with items that share a topic with it.

use rayon::prelude::*;
use zhihui_data::snapshot::Snapshot;

use super::Actions;

/// The sum of each member's decayed actions on items with at least one of the item's topics; sensitive topics count as none.
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
