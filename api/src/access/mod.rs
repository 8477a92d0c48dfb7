//! Who is asking, what they may ask, and how often.

mod asker;
mod budget;
mod gate;
mod key_ring;
mod network;
mod refusals;
mod role;
mod secret;
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
