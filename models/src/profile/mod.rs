//! What is known of a member beyond single items: preferences, popularity around them, interest segments, a map.

pub mod map;
pub mod popularity;
pub mod preference;
pub mod segments;

mod polya;
mod shares;
