//! The built tables of reports as columns in memory, shared by all reports of a process.
//!
//! Holds what reports count and nothing else: numbers instead of ids, and no openid of events. Columns of a data file are kept as
//! long as the file belongs to the newest version, so a build that changed one month makes only that month to be read again.

mod batches;
mod day_columns;
mod event_columns;
mod ids;
mod instants;
mod item_columns;
mod member_columns;
mod raw_columns;
mod seconds;
mod shared;
mod shown_columns;
mod sign_up_columns;

pub(super) use day_columns::{DayColumns, MemberDay, PART_DAYS, deed, deeds, sorted_days};
pub(super) use event_columns::{EventColumns, Kind};
pub(super) use ids::NONE;
pub(super) use item_columns::SHARE;
pub(super) use member_columns::{MemberColumns, Month, month, month_text};
pub(super) use raw_columns::RawColumns;
pub(super) use shared::ReportColumns;
pub use shared::ReportTables;
pub(super) use sign_up_columns::{Rater, Rating, SignUp, Status};
