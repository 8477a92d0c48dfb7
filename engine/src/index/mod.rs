//! Indexes that are computed once for a snapshot.

mod event_postings;
mod id_table;
mod local_days;
mod seasons;
mod series;
mod show_up;
mod union_sign_ups;
mod union_tree;

pub(crate) use event_postings::{DayPostings, EventPostings, Members};
pub(crate) use id_table::IdTable;
use local_days::LocalDays;
pub(crate) use seasons::Seasons;
pub(crate) use series::Series;
pub use show_up::ShowUp;
pub(crate) use show_up::ShowUpRates;
pub(crate) use union_sign_ups::UnionSignUps;
pub(crate) use union_tree::UnionTree;
