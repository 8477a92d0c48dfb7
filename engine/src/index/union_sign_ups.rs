//! Members and tickets of each union by activity.

use std::collections::BTreeMap;

use zhihui_data::snapshot::{Lists, NONE, Snapshot};

/// Members and tickets by union and activity, rows sorted by activity.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnionSignUps {
    items: Lists,
    members: Lists,
    tickets: Lists,
}

impl UnionSignUps {
    /// Counts members with current sign-ups and copies the tickets held. Members without a union are not counted.
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        let mut by_union: Vec<BTreeMap<u32, (u32, u32)>> = vec![BTreeMap::new(); snapshot.unions.id.len()];
        for (member, &union) in snapshot.members.union.iter().enumerate().filter(|(_, union)| **union != NONE) {
            for at in snapshot.sign_ups.of(member) {
                if snapshot.sign_ups.status[at].is_signed_up() {
                    by_union[union as usize].entry(snapshot.sign_ups.item[at]).or_default().0 += 1;
                }
            }
        }
        for item in 0..snapshot.items.id.len() {
            for (union, tickets) in snapshot.items.seats_by_union.pairs(item) {
                by_union[union as usize].entry(item as u32).or_default().1 += tickets as u32;
            }
        }
        let rows = |value: fn((&u32, &(u32, u32))) -> u32| {
            Lists::from_rows(by_union.iter().map(|row| row.iter().map(value).collect::<Vec<_>>()))
        };
        Self {
            items: rows(|(&item, _)| item),
            members: rows(|(_, &(members, _))| members),
            tickets: rows(|(_, &(_, tickets))| tickets),
        }
    }

    /// Number of members of `union` who are signed up for `item`.
    pub(crate) fn members(&self, union: u32, item: u32) -> u32 {
        self.place(union, item).map_or(0, |at| self.members.row(union as usize)[at])
    }

    /// Tickets of `item` held by members of `union`.
    pub(crate) fn tickets(&self, union: u32, item: u32) -> u32 {
        self.place(union, item).map_or(0, |at| self.tickets.row(union as usize)[at])
    }

    /// The activities that members of `union` are signed up for: item, members, tickets.
    pub(crate) fn of(&self, union: u32) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        let row = union as usize;
        let (items, members, tickets) = (self.items.row(row), self.members.row(row), self.tickets.row(row));
        items.iter().zip(members).zip(tickets).map(|((&item, &members), &tickets)| (item, members, tickets))
    }

    fn place(&self, union: u32, item: u32) -> Option<usize> {
        self.items.row(union as usize).binary_search(&item).ok()
    }
}
