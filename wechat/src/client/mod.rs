//! Calls WeChat's interfaces: token, mass messages, tags and statistics.
//!
//! [`WechatClient`] fetches and renews the token, keeps to 60 mass requests a minute, and repeats what may be repeated.
//! It has no connection and no clock of its own: both come through the traits [`Transport`] and [`Timer`].

mod call;
mod error;
mod mass;
mod pacing;
mod retry;
mod statistics;
mod tags;
mod transport;

pub use call::{Account, WechatClient};
pub use error::CallError;
pub use mass::{MassContent, MassState, Recipients, Submission};
pub use tags::Tag;
pub use transport::{Timer, Transport, TransportError};
