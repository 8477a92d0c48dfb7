//! Indexes that are computed once for a snapshot.

mod id_table;
mod seasons;
mod series;
mod show_up;
mod union_sign_ups;
mod union_tree;

pub(crate) use id_table::IdTable;
pub(crate) use seasons::Seasons;
pub(crate) use series::Series;
pub use show_up::ShowUp;
pub(crate) use show_up::ShowUpRates;
pub(crate) use union_sign_ups::UnionSignUps;
pub(crate) use union_tree::UnionTree;
