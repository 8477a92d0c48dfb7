//! The sign-ups of an activity as requests for tickets.

use serde::Serialize;
use zhihui_data::SignUpStatus;
use zhihui_data::snapshot::{EventKind, NONE};

use super::allocate::TicketRules;
use crate::eligibility::{ItemTerms, set_limit};
use crate::{Engine, Overlay};

/// A member's request for tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketRequest {
    /// Id of the member.
    pub member_id: String,
    /// Id of the member's union, or `None` if it is unknown.
    pub union_id: Option<String>,
    /// When the member signed up, in seconds since 1970 in UTC; `None` if no event tells.
    pub signed_up_at: Option<i64>,
    /// Requested tickets.
    pub tickets: u32,
    /// Accompanying children.
    pub children: u32,
}

impl Engine {
    /// Returns the current sign-ups of an activity, registered or on the waiting list, ascending in member id. `None` for
    /// an unknown item.
    #[must_use]
    pub fn ticket_requests(&self, overlay: &Overlay, item_id: &str) -> Option<Vec<TicketRequest>> {
        let item = self.item_row(item_id)? as u32;
        let snapshot = self.snapshot();
        let members = &snapshot.members;
        let mut requests: Vec<TicketRequest> = (0..members.id.len())
            .filter(|&row| !overlay.is_erased(row))
            .filter_map(|row| {
                let (tickets, children) = self.current_request(overlay, row, item)?;
                let union = members.union[row];
                Some(TicketRequest {
                    member_id: members.id[row].clone(),
                    union_id: (union != NONE).then(|| snapshot.unions.id[union as usize].clone()),
                    signed_up_at: self.signed_up_at(overlay, row, item),
                    tickets,
                    children,
                })
            })
            .collect();
        requests.sort_unstable_by(|left, right| left.member_id.cmp(&right.member_id));
        Some(requests)
    }

    /// Returns the limits that an allocation of the activity keeps. `None` for an unknown item.
    #[must_use]
    pub fn ticket_rules(&self, item_id: &str) -> Option<TicketRules> {
        let item = self.item_row(item_id)?;
        let terms = ItemTerms::of(self.snapshot(), item);
        Some(TicketRules {
            capacity: set_limit(terms.capacity),
            per_union_cap: set_limit(terms.per_union_cap),
            per_member_cap: set_limit(terms.per_member_cap),
            child_tickets: set_limit(terms.child_tickets),
            own_session_at: set_limit(self.snapshot().items.own_session_at[item]),
        })
    }

    /// Tickets and children of a member's sign-up, if it stands.
    fn current_request(&self, overlay: &Overlay, row: usize, item: u32) -> Option<(u32, u32)> {
        let live = overlay.member(row).live.and_then(|live| live.sign_up(item));
        let (status, tickets, children) = match live {
            Some(live) => (live.status, live.tickets, live.children),
            None => {
                let sign_ups = &self.snapshot().sign_ups;
                let at = sign_ups.of(row).find(|&at| sign_ups.item[at] == item)?;
                (sign_ups.status[at], sign_ups.tickets[at], sign_ups.children[at])
            }
        };
        let stands = matches!(status, SignUpStatus::Registered | SignUpStatus::Waitlisted | SignUpStatus::Attended);
        stands.then_some((tickets, children))
    }

    /// The first sign-up after the last cancellation.
    fn signed_up_at(&self, overlay: &Overlay, row: usize, item: u32) -> Option<i64> {
        let history = &self.snapshot().history;
        let stored = history.of(row).map(|at| (history.item(at), history.kind(at), history.at(at)));
        let live = overlay.member(row).live.map_or(&[][..], |live| &live.events);
        let live = live.iter().map(|event| (event.item, event.kind, event.at));
        let mut events: Vec<(i64, EventKind)> =
            stored.chain(live).filter(|event| event.0 == item).map(|event| (event.2, event.1)).collect();
        events.sort_by_key(|event| event.0);
        let cancelled = events.iter().rposition(|event| event.1 == EventKind::Cancel).map_or(0, |at| at + 1);
        events[cancelled..].iter().find(|event| event.1 == EventKind::SignUp).map(|event| event.0)
    }
}
