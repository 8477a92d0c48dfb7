//! Which members may be on a list of a backtest.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::{EventKind, NO_TIME, Snapshot};

/// Members from whom lists are made. Members without personalised lists are never among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberPool {
    /// Members whom an audience can reach today: openid known and following.
    Reachable,
    /// All members, and all items including undescribed ones, for logs of other systems.
    Everyone,
    /// As `Everyone`, but only members with a read or sign-up before the date.
    Active,
}

impl MemberPool {
    /// Names on the command line and in JSON.
    pub const NAMES: [(&'static str, Self); 3] =
        [("reachable", Self::Reachable), ("everyone", Self::Everyone), ("active", Self::Active)];

    /// Returns `Reachable`, or `Everyone` if no member can be reached or no item is described.
    #[must_use]
    pub fn default_for(snapshot: &Snapshot) -> Self {
        let members = &snapshot.members;
        let reachable =
            members.openid.iter().zip(&members.follows).any(|(openid, &follows)| follows && !openid.is_empty());
        let described = snapshot.undescribed.len() < snapshot.items.id.len();
        if reachable && described { Self::Reachable } else { Self::Everyone }
    }

    /// Returns a past snapshot in which the engine finds exactly these members. Members who joined later and have no
    /// earlier event are not reachable. Undescribed items stay so unless they have an event before the date.
    pub(super) fn apply(self, mut snapshot: Snapshot) -> Snapshot {
        let as_of = snapshot.as_of;
        let Snapshot { members, history, items, .. } = &mut snapshot;
        let mut has_events = vec![false; items.id.len()];
        history.places().for_each(|event| has_events[history.item(event) as usize] = true);
        for member in 0..members.id.len() {
            let events = history.of(member);
            let responded =
                events.clone().any(|event| matches!(history.kind(event), EventKind::Read | EventKind::SignUp));
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

impl FromStr for MemberPool {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::NAMES.iter().find(|(name, _)| *name == text);
        named.map(|&(_, pool)| pool).ok_or_else(|| format!("invalid value {text:?}: use reachable, everyone or active"))
    }
}

impl fmt::Display for MemberPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, pool)| pool == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}
