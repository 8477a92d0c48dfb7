//! Item-to-item neighbours: whoever took items that the same members took.
//!
//! The cosine of two items' columns of the binary members × items matrix (Sarwar et al., *Item-based collaborative filtering
//! recommendation algorithms*, 2001), over all items, without a limit on the number of neighbours.

use std::collections::HashMap;

use super::Actions;

/// The sum of the similarities of each member's items to the item; all zero for an item that nobody took.
pub(super) fn scores(actions: &Actions, item: u32, members: &[u32]) -> Vec<f64> {
    let takers = &actions.members_of[item as usize];
    let mut common: HashMap<u32, usize> = HashMap::new();
    for &taker in takers {
        for &other in &actions.responded[taker as usize] {
            *common.entry(other).or_default() += 1;
        }
    }
    common.remove(&item);
    let mut similarity = vec![0.0; actions.members_of.len()];
    for (other, both) in common {
        let norms = (takers.len() * actions.members_of[other as usize].len()) as f64;
        similarity[other as usize] = both as f64 / norms.sqrt();
    }
    let score =
        |&member: &u32| actions.responded[member as usize].iter().map(|&other| similarity[other as usize]).sum();
    members.iter().map(score).collect()
}
