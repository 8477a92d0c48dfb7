//! What the data IS: ids, the contract's tables, the calendar, and the format of a published snapshot.
//!
//! No job and no mathematics live here. `README.md` beside this crate is the data dictionary.

pub mod calendar;
pub mod credit_code;
pub mod district;
pub mod erased_ids;
pub mod events;
pub mod id_number;
pub mod ids;
pub mod kinds;
pub mod sample;
pub mod snapshot;
pub mod tables;

pub use calendar::Zone;
pub use erased_ids::ErasedIds;
pub use events::{Event, EventDetails, EventType};
pub use ids::{ItemId, MemberId, OpenId, UnionId};
pub use kinds::{Gender, ItemKind, SignUpStatus};
pub use tables::{Column, ColumnKind, Table};
