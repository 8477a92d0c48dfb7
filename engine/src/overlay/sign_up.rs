//! Sign-ups since the snapshot: the one that stands follows from all sign_up_changes in the order in which they happened.

use zhihui_data::{SignUpStatus, snapshot::EventKind};

use super::{LiveKind, MICROS, live_member::LiveMember, live_member::SourceIndex};
use crate::Engine;

/// A standing sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LiveSignUp {
    pub(crate) item: u32,
    pub(crate) status: SignUpStatus,
    pub(crate) tickets: u32,
    pub(crate) children: u32,
}

/// Something that was done about a sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignUpChange {
    pub(super) item: u32,
    /// Microseconds since 1970 in UTC.
    pub(super) at: i64,
    pub(super) status: SignUpStatus,
    /// Tickets and children; `None`: those of the sign-up before.
    pub(super) party: Option<(u32, u32)>,
    pub(super) source: SourceIndex,
}

impl SignUpChange {
    /// What an event does about a sign-up, if anything.
    pub(super) fn of(what: LiveKind<'_>, item: u32, at: i64, source: SourceIndex) -> Option<Self> {
        let (status, party) = match what {
            LiveKind::SignUp { tickets, children, waitlisted: true } => {
                (SignUpStatus::Waitlisted, Some((tickets, children)))
            }
            LiveKind::SignUp { tickets, children, waitlisted: false } => {
                (SignUpStatus::Registered, Some((tickets, children)))
            }
            LiveKind::Cancel => (SignUpStatus::Cancelled, None),
            LiveKind::CheckIn => (SignUpStatus::Attended, None),
            _ => return None,
        };
        Some(Self { item, at, status, party, source })
    }

    fn after(self, before: Option<LiveSignUp>) -> LiveSignUp {
        let (tickets, children) =
            self.party.unwrap_or_else(|| before.map_or((1, 0), |before| (before.tickets, before.children)));
        LiveSignUp { item: self.item, status: self.status, tickets, children }
    }
}

impl LiveMember {
    /// Keeps a change behind those that happened no later.
    pub(super) fn add_sign_up_change(&mut self, change: SignUpChange) {
        let place = self.sign_up_changes.partition_point(|earlier| earlier.at <= change.at);
        self.sign_up_changes.insert(place, change);
    }

    /// The sign-up for an item that stood so far, and the one that stands by all sign_up_changes now, which is kept.
    pub(super) fn recompute_sign_up(
        &mut self,
        engine: &Engine,
        row: Option<usize>,
        item: u32,
    ) -> (Option<LiveSignUp>, Option<LiveSignUp>) {
        let stored = stored(engine, row, item);
        let before = self.sign_up(item).copied().or(stored.map(|(_, sign_up)| sign_up));
        let mut waiting = stored;
        let mut now = None;
        for change in self.sign_up_changes.iter().filter(|change| change.item == item) {
            if let Some((_, sign_up)) = waiting.take_if(|(at, _)| *at <= change.at) {
                now = Some(sign_up);
            }
            now = Some(change.after(now));
        }
        // What the snapshot says may have happened after everything that came since.
        let now = waiting.map(|(_, sign_up)| sign_up).or(now);
        match now {
            Some(now) if self.sign_up_changes.iter().any(|change| change.item == item) => self.put_sign_up(now),
            // Nothing that was told since is left of it.
            _ => self.sign_ups.retain(|standing| standing.item != item),
        }
        (before, now)
    }
}

/// The snapshot's sign-up of a member for an item, and the microsecond when it came to stand: the latest known of the pair.
fn stored(engine: &Engine, row: Option<usize>, item: u32) -> Option<(i64, LiveSignUp)> {
    let snapshot = engine.snapshot();
    let (sign_ups, history) = (&snapshot.sign_ups, &snapshot.history);
    let row = row?;
    let at = sign_ups.of(row).find(|&at| sign_ups.item[at] == item)?;
    let sign_up = LiveSignUp {
        item,
        status: sign_ups.status[at],
        tickets: sign_ups.tickets[at],
        children: sign_ups.children[at],
    };
    let of_sign_up = |&at: &usize| {
        history.item[at] == item
            && matches!(history.kind[at], EventKind::SignUp | EventKind::Cancel | EventKind::Attended)
    };
    let since = history.of(row).filter(of_sign_up).map(|at| history.at[at]).max();
    Some((since.map_or(i64::MIN, |second| second.saturating_mul(MICROS)), sign_up))
}
