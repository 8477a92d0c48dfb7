//! Grants requests one after the other within the limits of an activity.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zhihui_data::{Event, EventType};

use super::{TicketOrder, TicketRequest};

/// The limits of an activity. `None` means without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TicketRules {
    /// Seats of the shared session.
    pub capacity: Option<u32>,
    /// Tickets of one union in the shared session.
    pub per_union_cap: Option<u32>,
    /// Tickets of one member.
    pub per_member_cap: Option<u32>,
    /// Tickets of one member with children.
    pub child_tickets: Option<u32>,
    /// Number of members of one union whose requests earn the union a session of its own.
    pub own_session_at: Option<u32>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketResult {
    /// Seats in the shared session.
    Granted,
    /// Seats in the union's own session.
    OwnSession,
    /// Waits: the shared session has too few seats left.
    WaitsForSeats,
    /// Waits: the tickets of the union are used up.
    WaitsForUnionQuota,
    /// Refused: tickets are limited by union, and the member's union is unknown.
    UnionUnknown,
    /// Refused: the activity gives this member no ticket.
    NoTickets,
}

impl TicketResult {
    /// All results.
    pub const ALL: [Self; 6] = [
        Self::Granted,
        Self::OwnSession,
        Self::WaitsForSeats,
        Self::WaitsForUnionQuota,
        Self::UnionUnknown,
        Self::NoTickets,
    ];

    /// Returns the result of this name, or `None`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str() == name)
    }

    /// The name in JSON and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::OwnSession => "own_session",
            Self::WaitsForSeats => "waits_for_seats",
            Self::WaitsForUnionQuota => "waits_for_union_quota",
            Self::UnionUnknown => "union_unknown",
            Self::NoTickets => "no_tickets",
        }
    }

    /// Whether the member has tickets.
    #[must_use]
    pub fn is_granted(self) -> bool {
        matches!(self, Self::Granted | Self::OwnSession)
    }

    /// Whether the member is on the waiting list.
    #[must_use]
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::WaitsForSeats | Self::WaitsForUnionQuota)
    }
}

/// A request with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// The request.
    #[serde(flatten)]
    pub request: TicketRequest,
    /// Place in the order, from 1.
    pub place: usize,
    /// Tickets that were granted or are waited for: those requested, up to the limit of one member.
    pub granted_tickets: u32,
    /// The result.
    pub result: TicketResult,
    /// Place on the waiting list, from 1; `None` for everybody else.
    pub wait_place: Option<usize>,
}

impl Grant {
    /// Returns the result as a sign-up at `at`, microseconds since 1970 in UTC: registered with tickets, waitlisted
    /// without. `None` if the request was refused.
    #[must_use]
    pub fn sign_up(&self, activity_id: &str, at: i64) -> Option<Event> {
        if !self.result.is_granted() && !self.result.is_waiting() {
            return None;
        }
        let mut event = Event::of_member(EventType::SignUp, &self.request.member_id, at);
        event.item_id = Some(activity_id.to_owned());
        event.details.tickets = Some(self.granted_tickets);
        event.details.children = Some(self.request.children);
        event.details.waitlisted = self.result.is_waiting();
        Some(event)
    }
}

/// A session of one union.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnSession {
    /// The union.
    pub union_id: String,
    /// Members with tickets.
    pub members: usize,
    /// Their tickets.
    pub tickets: u32,
}

/// The result of an allocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Allocation {
    /// The limits that were kept.
    pub rules: TicketRules,
    /// All requests in order.
    pub grants: Vec<Grant>,
    /// Unions with a session of their own, by id.
    pub own_sessions: Vec<OwnSession>,
}

impl Allocation {
    /// Returns the allocation with these grants, in order.
    #[must_use]
    pub fn of_grants(rules: TicketRules, grants: Vec<Grant>) -> Self {
        let mut own_sessions: BTreeMap<&str, OwnSession> = BTreeMap::new();
        for grant in grants.iter().filter(|grant| grant.result == TicketResult::OwnSession) {
            let Some(union) = grant.request.union_id.as_deref() else { continue };
            let empty = || OwnSession { union_id: union.to_owned(), members: 0, tickets: 0 };
            let session = own_sessions.entry(union).or_insert_with(empty);
            session.members += 1;
            session.tickets += grant.granted_tickets;
        }
        let own_sessions = own_sessions.into_values().collect();
        Self { rules, grants, own_sessions }
    }

    /// Members and tickets with a given kind of result.
    #[must_use]
    pub fn totals(&self, wanted: impl Fn(TicketResult) -> bool) -> (usize, u32) {
        let matching = self.grants.iter().filter(|grant| wanted(grant.result));
        (matching.clone().count(), matching.map(|grant| grant.granted_tickets).sum())
    }
}

/// Allocates the tickets of an activity.
///
/// Unions with enough requests get a session of their own, which uses no seat of the shared session. The other requests
/// are granted in order, whole or not at all; a later request for fewer tickets may take seats that an earlier one could
/// not use. The waiting list keeps the order.
#[must_use]
pub fn allocate(
    activity_id: &str,
    rules: TicketRules,
    order: &TicketOrder,
    mut requests: Vec<TicketRequest>,
) -> Allocation {
    order.sort(activity_id, &mut requests);
    let with_own_session = unions_with_own_session(&rules, &requests);
    let mut seats_left = rules.capacity;
    let mut taken_by_union: BTreeMap<String, u32> = BTreeMap::new();
    let mut waiting = 0;
    let mut grants = Vec::with_capacity(requests.len());
    for (request, place) in requests.into_iter().zip(1..) {
        let granted_tickets = tickets(&rules, &request);
        let union = request.union_id.clone();
        let result = match &union {
            _ if granted_tickets == 0 => TicketResult::NoTickets,
            Some(union) if with_own_session.contains(union) => TicketResult::OwnSession,
            None if rules.per_union_cap.is_some() => TicketResult::UnionUnknown,
            union => {
                let taken = union.as_ref().and_then(|union| taken_by_union.get(union)).copied().unwrap_or(0);
                if rules.per_union_cap.is_some_and(|cap| taken.saturating_add(granted_tickets) > cap) {
                    TicketResult::WaitsForUnionQuota
                } else if seats_left.is_some_and(|left| granted_tickets > left) {
                    TicketResult::WaitsForSeats
                } else {
                    seats_left = seats_left.map(|left| left - granted_tickets);
                    if let Some(union) = union {
                        *taken_by_union.entry(union.clone()).or_default() += granted_tickets;
                    }
                    TicketResult::Granted
                }
            }
        };
        waiting += usize::from(result.is_waiting());
        let wait_place = result.is_waiting().then_some(waiting);
        grants.push(Grant { request, place, granted_tickets, result, wait_place });
    }
    Allocation::of_grants(rules, grants)
}

/// The tickets of a request, at most those of one member.
fn tickets(rules: &TicketRules, request: &TicketRequest) -> u32 {
    let cap = rules.child_tickets.filter(|_| request.children > 0).or(rules.per_member_cap);
    cap.map_or(request.tickets, |cap| request.tickets.min(cap))
}

fn unions_with_own_session(rules: &TicketRules, requests: &[TicketRequest]) -> std::collections::BTreeSet<String> {
    let Some(threshold) = rules.own_session_at else { return std::collections::BTreeSet::new() };
    let mut members: BTreeMap<&str, u32> = BTreeMap::new();
    for union in requests.iter().filter_map(|request| request.union_id.as_deref()) {
        *members.entry(union).or_default() += 1;
    }
    let enough = members.into_iter().filter(|(_, members)| *members >= threshold.max(1));
    enough.map(|(union, _)| union.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(member: u32, union: u32, tickets: u32, children: u32) -> TicketRequest {
        TicketRequest {
            member_id: format!("m{member}"),
            union_id: (union > 0).then(|| format!("u{union}")),
            signed_up_at: Some(i64::from(member)),
            tickets,
            children,
        }
    }

    fn results(allocation: &Allocation) -> Vec<(&str, TicketResult, u32)> {
        let result = |grant: &Grant| (grant.result, grant.granted_tickets);
        let grants = allocation.grants.iter();
        grants.map(|grant| (grant.request.member_id.as_str(), result(grant).0, result(grant).1)).collect()
    }

    #[test]
    fn first_come_keeps_seats_and_quotas_and_small_requests_fill_gaps() {
        let rules = TicketRules {
            capacity: Some(4),
            per_union_cap: Some(3),
            per_member_cap: Some(1),
            child_tickets: Some(2),
            own_session_at: None,
        };
        let requests = vec![
            request(5, 2, 1, 0),
            request(1, 1, 2, 1),
            request(2, 1, 5, 2),
            request(3, 2, 2, 0),
            request(4, 2, 2, 1),
            request(6, 0, 1, 0),
        ];
        let allocation = allocate("film", rules, &TicketOrder::FirstCome, requests);
        let expected = [
            ("m1", TicketResult::Granted, 2),
            ("m2", TicketResult::WaitsForUnionQuota, 2),
            ("m3", TicketResult::Granted, 1),
            ("m4", TicketResult::WaitsForSeats, 2),
            ("m5", TicketResult::Granted, 1),
            ("m6", TicketResult::UnionUnknown, 1),
        ];
        assert_eq!(results(&allocation), expected);
        let places: Vec<Option<usize>> = allocation.grants.iter().map(|grant| grant.wait_place).collect();
        assert_eq!(places, [None, Some(1), None, Some(2), None, None]);
    }

    #[test]
    fn a_union_with_enough_requests_gets_a_session_of_its_own() {
        let rules = TicketRules { capacity: Some(1), own_session_at: Some(3), ..TicketRules::default() };
        let requests = (1..=3).map(|member| request(member, 1, 2, 0)).chain([request(9, 2, 1, 0)]).collect();
        let allocation = allocate("film", rules, &TicketOrder::FirstCome, requests);
        assert_eq!(allocation.own_sessions, [OwnSession { union_id: "u1".into(), members: 3, tickets: 6 }]);
        assert_eq!(allocation.grants[3].result, TicketResult::Granted);
    }

    #[test]
    fn a_draw_depends_on_its_seed_and_not_on_the_order_of_requests() {
        let requests: Vec<TicketRequest> = (1..=50).map(|member| request(member, 1, 1, 0)).collect();
        let rules = TicketRules { capacity: Some(10), ..TicketRules::default() };
        let draw = |seed: &str, requests: Vec<TicketRequest>| {
            allocate("film", rules, &TicketOrder::Draw { seed: seed.into() }, requests)
        };
        let reversed = requests.iter().rev().cloned().collect();
        assert_eq!(draw("a", requests.clone()), draw("a", reversed));
        assert_ne!(draw("a", requests.clone()), draw("b", requests));
    }

    proptest! {
        #[test]
        fn limits_hold_and_everybody_has_one_result(
            members in prop::collection::vec((0_u32..5, 0_u32..4, 0_u32..3), 0..60),
            capacity in 0_u32..40,
            union_cap in 1_u32..10,
            own_session in prop::option::of(1_u32..20),
            seed in "[a-z]{1,4}",
        ) {
            let requests: Vec<TicketRequest> = members.iter().zip(1..)
                .map(|(&(union, tickets, children), member)| request(member, union, tickets, children)).collect();
            let rules = TicketRules {
                capacity: Some(capacity),
                per_union_cap: Some(union_cap),
                per_member_cap: Some(2),
                child_tickets: None,
                own_session_at: own_session,
            };
            let allocation = allocate("film", rules, &TicketOrder::Draw { seed }, requests.clone());
            prop_assert_eq!(allocation.grants.len(), requests.len());
            let (_, tickets) = allocation.totals(|result| result == TicketResult::Granted);
            prop_assert!(tickets <= capacity);
            for union in 1..5 {
                let of_union = |grant: &&Grant| grant.request.union_id == Some(format!("u{union}"));
                let shared = allocation.grants.iter().filter(of_union).filter(|grant| grant.result == TicketResult::Granted);
                prop_assert!(shared.map(|grant| grant.granted_tickets).sum::<u32>() <= union_cap);
            }
            // Nobody waits for seats while the request would still fit.
            let left = capacity - tickets;
            for grant in allocation.grants.iter().filter(|grant| grant.result == TicketResult::WaitsForSeats) {
                prop_assert!(grant.granted_tickets > left);
            }
        }
    }
}
