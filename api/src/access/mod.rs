//! Who is asking, what they may ask, and how often.

mod gate;
mod key_ring;
mod role;
mod secret;

pub(crate) use gate::{Gate, Passage};
pub use key_ring::KeyRing;
pub(crate) use role::Access;
pub use role::Role;
pub(crate) use secret::{Digest32, KeyText, Secret, digest};
