//! Rule "item-kNN": members who responded to items with the same responders.
//!
//! Cosine of columns of the binary members × items matrix (Sarwar et al., *Item-based collaborative filtering
//! recommendation algorithms*, 2001), over all items, without a limit on neighbours.

use std::collections::HashMap;

use super::Actions;

/// Returns the sum of the similarities of each member's items to the item; zeros for an item without responses.
pub(super) fn scores(actions: &Actions, item: u32, members: &[u32]) -> Vec<f64> {
    let responders = &actions.members_of[item as usize];
    let mut common: HashMap<u32, usize> = HashMap::new();
    for &responder in responders {
        for &other in &actions.responded[responder as usize] {
            *common.entry(other).or_default() += 1;
        }
    }
    common.remove(&item);
    let mut similarity = vec![0.0; actions.members_of.len()];
    for (other, both) in common {
        let norms = (responders.len() * actions.members_of[other as usize].len()) as f64;
        similarity[other as usize] = both as f64 / norms.sqrt();
    }
    let score =
        |&member: &u32| actions.responded[member as usize].iter().map(|&other| similarity[other as usize]).sum();
    members.iter().map(score).collect()
}
