//! Look-alikes: the members who are most like those of a seed audience, and not in it.
//!
//! Members are compared by their vectors, their preferences for topics and their activity (`features`). A member without any read or
//! sign-up is neither a seed nor ranked. Members who refuse personalised lists are neither seeds nor results.

mod answer;
mod features;
mod likeness;
mod ranking;
mod summary;
mod width;

pub use answer::{LookAlikeMember, LookAlikeSize, LookAlikeTopic, LookAlikes, LookAlikesRequest, Seed, SeedCounts};
pub use width::LookAlikeWidth;

/// Number of usable seed members from which on others are ranked. The mean of fewer is mostly chance.
pub const MIN_SEEDS: usize = 20;

/// Maximum number of ids in a seed.
pub const MAX_SEED_MEMBERS: usize = 10_000;
