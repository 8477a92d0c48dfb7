//! Single members in the lake: returns all rows about a member, and erases members.
//!
//! Finds rows by the columns `member_id` and `openid` of any table, so that a new table needs no change here, and rejected
//! rows by their value. A row with a `member_id` is about that member, even if its openid belongs to another.

mod erase;
mod find_erased;
mod member_matcher;
mod openids;
mod rows_of_member;
mod scrub;

pub use erase::{ErasedRows, erase};
pub use find_erased::find_erased;
pub use openids::{Bind, OpenidClaims, openids};
pub use rows_of_member::rows_of_member;
pub use scrub::{Scrubbed, contains_any_id, scrub_file};

/// A member with all openids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The member id.
    pub member_id: String,
    /// The openids (`WeChat` ids).
    pub openids: Vec<String>,
}
