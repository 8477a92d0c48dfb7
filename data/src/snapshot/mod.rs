//! A published snapshot: all data that the service needs to answer requests, in columns, as of one point in time.
//!
//! Members, items, unions, topics and districts are dense indices; their external ids are in the `id` columns. [`NONE`]
//! is a missing index or count, [`NO_TIME`] a missing time. Times are seconds since 1970 in UTC.

mod blocks;
mod codec;
mod contents;
mod event_weight;
mod history;
mod items;
mod lists;
mod members;
mod missing;
mod model;
mod openids;
mod propensities;

pub use codec::{Manifest, SnapshotError, copy, decode, encode, read, verify, write};
pub use contents::Snapshot;
pub use event_weight::EventWeight;
pub use history::{EventKind, History, SignUps, Unattributed};
pub use items::Items;
pub use lists::{Lists, SparseRows};
pub use members::{AgeBands, Members, Unions};
pub use missing::{NO_TIME, NONE};
pub use model::{Factors, ItemGroup, Model, Popularity, Preferences, RankerWeights, Segment, Side, Sides};
pub use openids::{FurtherOpenid, Openids};
pub use propensities::{LoggedPlace, Propensities};
