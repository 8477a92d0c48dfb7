//! A published snapshot: all data that the service needs to answer requests, in columns, as of one point in time.
//!
//! Members, items, unions, topics and districts are dense indices; their external ids are in the `id` columns. [`NONE`]
//! is a missing index or count, [`NO_TIME`] a missing time. Times are seconds since 1970 in UTC.
//!
//! [`write()`] and [`read()`] stream the file, so that only the snapshot itself is in memory. [`History`] says why it holds every
//! event and what one takes; ARCHITECTURE.md lists who reads them.

mod blocks;
mod codec;
mod contents;
mod event_columns;
mod event_kind;
mod event_weight;
mod history;
mod history_builder;
mod items;
mod lists;
mod members;
mod missing;
mod model;
mod narrow_column;
mod narrow_events;
mod openids;
mod propensities;
mod sign_ups;
mod snapshot_model;
mod stored_bytes;
mod unattributed;

pub use codec::{Manifest, SnapshotError, copy, decode, encode, read, read_model, verify, write};
pub use contents::Snapshot;
pub use event_columns::EventColumns;
pub use event_kind::EventKind;
pub use event_weight::EventWeight;
pub use history::History;
pub use history_builder::{EventCounts, HistoryBuilder};
pub use items::Items;
pub use lists::{Lists, SparseRows};
pub use members::{AgeBands, Members, Unions};
pub use missing::{NO_TIME, NONE};
pub use model::{Factors, ItemGroup, Model, Popularity, Preferences, RankerWeights, Segment, Side, Sides};
pub use narrow_events::Event;
pub use openids::{FurtherOpenid, Openids};
pub use propensities::{LoggedPlace, Propensities};
pub use sign_ups::SignUps;
pub use snapshot_model::SnapshotModel;
pub use unattributed::Unattributed;
