//! Fair allocation: who gets tickets of an activity, who waits, and why.
//!
//! [`Engine::ticket_requests`](crate::Engine::ticket_requests) collects the sign-ups and
//! [`Engine::ticket_rules`](crate::Engine::ticket_rules) the limits of an activity. [`allocate`] orders the requests by
//! arrival or by a draw that anybody can repeat, and grants them one after the other.

mod allocate;
mod draw;
mod requests;

pub use allocate::{Allocation, Grant, OwnSession, TicketResult, TicketRules, allocate};
pub use draw::{TicketOrder, commitment, requests_sha256};
pub use requests::TicketRequest;
