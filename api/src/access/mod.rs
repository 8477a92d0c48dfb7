//! Who is asking, what they may ask, and how often.

mod asker;
mod gate;
mod key_ring;
mod network;
mod role;
mod secret;

pub(crate) use asker::{Asker, unwritten};
pub(crate) use gate::{Gate, Passage};
pub use key_ring::KeyRing;
pub(crate) use key_ring::LoadedKey;
pub use network::Network;
pub(crate) use role::Access;
pub use role::Role;
pub(crate) use secret::{Digest32, KeyText, Secret, digest};
