//! Who is asking, what they may ask, and how often.

#[path = "caller.rs"]
mod asker;
#[path = "hourly_quota.rs"]
mod budget;
#[path = "../middleware/rate_limit.rs"]
mod gate;
#[path = "key_ring.rs"]
mod key_ring;
#[path = "network.rs"]
mod network;
#[path = "refusal_log.rs"]
mod refusals;
#[path = "role.rs"]
mod role;
#[path = "secret.rs"]
mod secret;
#[path = "sign_in_guard.rs"]
mod sign_in_guard;

pub(crate) use asker::{Asker, unwritten};
pub(crate) use budget::Budget;
pub(crate) use gate::{Gate, Passage};
pub use key_ring::KeyRing;
pub(crate) use key_ring::LoadedKey;
pub use network::Network;
pub(crate) use refusals::Refusals;
pub(crate) use role::Access;
pub use role::Role;
pub(crate) use secret::{Digest32, KeyText, Secret, digest};
pub(crate) use sign_in_guard::{NewLock, SignInGuard};
