//! How many members of each union stand on the list of each activity.

use zhihui_data::snapshot::{Lists, NONE, Snapshot};

/// Counts of members by union and activity, rows sorted by activity.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnionMates {
    items: Lists,
    counts: Lists,
}

impl UnionMates {
    /// Counts the sign-ups that stand; members without a union count nowhere.
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        let mut by_union: Vec<Vec<u32>> = vec![Vec::new(); snapshot.unions.id.len()];
        for (member, &union) in snapshot.members.union.iter().enumerate() {
            if union == NONE {
                continue;
            }
            for at in snapshot.sign_ups.of(member) {
                if snapshot.sign_ups.status[at].stands() {
                    by_union[union as usize].push(snapshot.sign_ups.item[at]);
                }
            }
        }
        let mut counts = Vec::with_capacity(by_union.len());
        for items in &mut by_union {
            items.sort_unstable();
            let runs = items.chunk_by(|left, right| left == right);
            counts.push(runs.map(|run| run.len() as u32).collect::<Vec<_>>());
            items.dedup();
        }
        Self { items: Lists::from_rows(by_union), counts: Lists::from_rows(counts) }
    }

    /// Members of `union` who stand on the list of `item`.
    pub(crate) fn count(&self, union: u32, item: u32) -> u32 {
        match self.items.row(union as usize).binary_search(&item) {
            Ok(at) => self.counts.row(union as usize)[at],
            Err(_) => 0,
        }
    }
}
