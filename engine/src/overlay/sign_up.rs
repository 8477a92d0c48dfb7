//! Sign-ups since the snapshot. The current sign-up is computed from all changes in order of time.

use zhihui_data::{SignUpStatus, snapshot::EventKind};

use super::{LiveKind, MICROS, live_member::LiveMember, live_member::SourceIndex};
use crate::Engine;

/// A current sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LiveSignUp {
    pub(crate) item: u32,
    pub(crate) status: SignUpStatus,
    pub(crate) tickets: u32,
    pub(crate) children: u32,
}

/// A change of a sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignUpChange {
    pub(super) item: u32,
    /// Microseconds since 1970 in UTC.
    pub(super) at: i64,
    pub(super) status: SignUpStatus,
    /// Tickets and children, or `None` to keep those of the previous sign-up.
    pub(super) party: Option<(u32, u32)>,
    pub(super) source: SourceIndex,
}

impl SignUpChange {
    /// The change that an event makes, if any.
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
    /// Inserts a change after those of the same or an earlier time.
    pub(super) fn add_sign_up_change(&mut self, change: SignUpChange) {
        let place = self.sign_up_changes.partition_point(|earlier| earlier.at <= change.at);
        self.sign_up_changes.insert(place, change);
    }

    /// Recomputes the sign-up for an item from all changes and stores it. Returns the previous and the current sign-up.
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
        // The snapshot's state may be later than all live changes.
        let now = waiting.map(|(_, sign_up)| sign_up).or(now);
        match now {
            Some(now) if self.sign_up_changes.iter().any(|change| change.item == item) => self.put_sign_up(now),
            // No live change is left.
            _ => self.sign_ups.retain(|current| current.item != item),
        }
        (before, now)
    }
}

/// The snapshot's sign-up of a member for an item, and the time of its last change in microseconds.
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
        history.item(at) == item
            && matches!(history.kind(at), EventKind::SignUp | EventKind::Cancel | EventKind::Attended)
    };
    let since = history.of(row).filter(of_sign_up).map(|at| history.at(at)).max();
    Some((since.map_or(i64::MIN, |second| second.saturating_mul(MICROS)), sign_up))
}
