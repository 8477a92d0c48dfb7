//! Team-mates for an activity: who may be in a team, whom a member could team up with, and what two members share.
//!
//! A [`TeamMate`] names a member for the caller, who must show only the shared traits until both members agreed.

mod readiness;
mod shared_traits;
mod suggest;
mod taste;

pub use readiness::{NoTeams, NotReady};
pub use suggest::{TeamMate, TeamRequest};
