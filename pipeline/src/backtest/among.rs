//! Who may be on a list of a backtest.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::{EventKind, NO_TIME, Snapshot};

/// Whom lists are made from. Members who set aside personal lists are never among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Among {
    /// Whom an audience can reach today: members with an openid who follow the account.
    Reachable,
    /// All members, and all items, also those that nobody described: for traces of other programs.
    Everyone,
    /// As `Everyone`, but only members who read or signed up for something before the date.
    Active,
}

impl Among {
    /// The names, as typed and in JSON.
    pub const NAMES: [(&'static str, Self); 3] =
        [("reachable", Self::Reachable), ("everyone", Self::Everyone), ("active", Self::Active)];

    /// `Reachable`, or `Everyone` where nobody can be reached or nothing is described.
    #[must_use]
    pub fn fitting(snapshot: &Snapshot) -> Self {
        let members = &snapshot.members;
        let reachable =
            members.openid.iter().zip(&members.follows).any(|(openid, &follows)| follows && !openid.is_empty());
        let described = snapshot.undescribed.len() < snapshot.items.id.len();
        if reachable && described { Self::Reachable } else { Self::Everyone }
    }

    /// The snapshot of a past date in which the engine finds exactly these members. Whoever joined later and did nothing
    /// before is not reachable. An item that nobody described stays so unless something is known of it before the date.
    pub(super) fn relax(self, mut snapshot: Snapshot) -> Snapshot {
        let as_of = snapshot.as_of;
        let Snapshot { members, history, items, .. } = &mut snapshot;
        let mut has_events = vec![false; items.id.len()];
        history.item.iter().for_each(|&item| has_events[item as usize] = true);
        for member in 0..members.id.len() {
            let events = history.of(member);
            let responded =
                events.clone().any(|event| matches!(history.kind[event], EventKind::Read | EventKind::SignUp));
            let joined = members.joined_at[member] == NO_TIME || members.joined_at[member] < as_of;
            match self {
                Self::Reachable if joined || !events.is_empty() => {}
                Self::Everyone if joined || !events.is_empty() => {
                    members.openid[member].clone_from(&members.id[member]);
                    members.follows[member] = true;
                }
                Self::Active if responded => {
                    members.openid[member].clone_from(&members.id[member]);
                    members.follows[member] = true;
                }
                _ => members.follows[member] = false,
            }
        }
        if self != Self::Reachable {
            snapshot.undescribed.retain(|&item| !has_events[item as usize]);
        }
        snapshot
    }
}

impl FromStr for Among {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::NAMES.iter().find(|(name, _)| *name == text);
        named
            .map(|&(_, among)| among)
            .ok_or_else(|| format!("invalid value {text:?}: use reachable, everyone or active"))
    }
}

impl fmt::Display for Among {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, among)| among == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}
