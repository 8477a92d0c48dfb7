//! A published snapshot: everything the service needs to answer, in columns, frozen at one instant.
//!
//! Members, items, unions, topics and districts are dense indices here; their outside ids stand in the `id` columns.
//! [`NONE`] stands for a missing index or count, [`NO_TIME`] for a missing instant; instants are seconds since 1970 in UTC.

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

pub use codec::{Manifest, SnapshotError, decode, encode};
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
