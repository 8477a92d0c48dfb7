//! Member profiles: preferences by topic, popularity by group, interest segments and the member map.

pub mod map;
pub mod popularity;
pub mod preference;
pub mod segments;

mod digamma;
mod polya;
mod shares;
mod sign_change;
