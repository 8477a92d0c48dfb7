//! Decayed actions of members.

use std::collections::HashSet;

use zhihui_data::SignUpStatus;
use zhihui_data::snapshot::{EventKind, Snapshot};

use crate::train::DAY;

/// Half-life of an action in days.
const HALF_LIFE_DAYS: f64 = 30.0;

/// Reads, shares and sign-ups of all members, except those on items with a sensitive topic, cancelled sign-ups, and
/// those of members without personalised lists.
#[derive(Debug)]
pub(in crate::backtest) struct Actions {
    /// Start of the actions of each member; one more entry than members.
    starts: Vec<usize>,
    item: Vec<u32>,
    /// Weight: 1 at the instant of the snapshot, halved every 30 days before it.
    weight: Vec<f64>,
    /// Distinct items that each member responded to, ascending.
    pub(super) responded: Vec<Vec<u32>>,
    /// Members who responded to each item, ascending.
    pub(super) members_of: Vec<Vec<u32>>,
}

impl Actions {
    /// Collects the actions of a snapshot.
    pub(in crate::backtest) fn of(snapshot: &Snapshot) -> Self {
        let (history, sign_ups) = (&snapshot.history, &snapshot.sign_ups);
        let is_sensitive = |&item: &usize| {
            snapshot.items.topics.row(item).iter().any(|topic| snapshot.sensitive_topics.contains(topic))
        };
        let n_items = snapshot.items.id.len();
        let sensitive: HashSet<u32> = (0..n_items).filter(is_sensitive).map(|item| item as u32).collect();
        let n_members = snapshot.members.id.len();
        let mut actions = Self {
            starts: vec![0],
            item: Vec::new(),
            weight: Vec::new(),
            responded: vec![Vec::new(); n_members],
            members_of: vec![Vec::new(); n_items],
        };
        for member in 0..n_members {
            let cancelled = |item: u32| {
                let mut own = sign_ups.of(member);
                own.any(|row| sign_ups.item[row] == item && sign_ups.status[row] == SignUpStatus::Cancelled)
            };
            for event in history.of(member).filter(|_| snapshot.members.personalised[member]) {
                let (item, kind) = (history.item(event), history.kind(event));
                let counts = match kind {
                    EventKind::Read | EventKind::Share => true,
                    EventKind::SignUp => !cancelled(item),
                    _ => false,
                };
                if !counts || sensitive.contains(&item) {
                    continue;
                }
                let days = (snapshot.as_of - history.at(event)).max(0) as f64 / DAY as f64;
                actions.item.push(item);
                actions.weight.push((-days / HALF_LIFE_DAYS).exp2());
                if kind != EventKind::Share {
                    actions.responded[member].push(item);
                }
            }
            actions.starts.push(actions.item.len());
            actions.responded[member].sort_unstable();
            actions.responded[member].dedup();
            for &item in &actions.responded[member] {
                actions.members_of[item as usize].push(member as u32);
            }
        }
        actions
    }

    /// Returns items and weights of the actions of a member.
    pub(super) fn of_member(&self, member: u32) -> impl Iterator<Item = (u32, f64)> + '_ {
        let range = self.starts[member as usize]..self.starts[member as usize + 1];
        range.map(|at| (self.item[at], self.weight[at]))
    }

    /// Returns whether a member responded to any item.
    pub(in crate::backtest) fn is_warm(&self, member: u32) -> bool {
        !self.responded[member as usize].is_empty()
    }

    /// Returns whether any member responded to an item.
    pub(in crate::backtest) fn is_warm_item(&self, item: u32) -> bool {
        !self.members_of[item as usize].is_empty()
    }
}
